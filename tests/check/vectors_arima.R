# vectors_arima.R: what R's ar() and arima() make of a few series. Writes tests/vectors/autoregression.txt and
# tests/vectors/arima.txt. Run it at the top of the checkout:  Rscript tests/check/vectors_arima.R
# The data are drawn here and rounded, so that the files are the same everywhere; the results have 13 digits.
source("tests/check/writer.R")

set.seed(20240607)
draw <- function(model, n, mean = 0) round(mean + as.numeric(arima.sim(model, n)), 3)

# ---- autoregression ---------------------------------------------------------------------------------------------

write_ar <- function() {
    out <- writer("autoregression.txt", "vectors_arima.R")
    out$comment("config: method (0 Yule-Walker, 1 Burg, 2 least squares) order (-1: AIC) order_max (0: default)")
    out$comment("result: order mean intercept variance coefficients; path: 12 forecasts")
    series <- list(draw(list(ar = c(0.6, 0.2)), 200, 50), draw(list(ar = c(1.2, -0.5), ma = 0.4), 90, -3),
                   draw(list(ma = 0.8), 500), round(100 + cumsum(rnorm(150)), 2), round(50 * rexp(40), 2),
                   round(20 + 10 * sin(2 * pi * (1:300) / 24) + rnorm(300), 2))
    kinds <- c("yw", "burg", "ols")
    for (x in series) {
        out$record("value", x)
        for (method in 0:2) for (case in list(c(-1, 0), c(4, 0), c(-1, 12))) {
            fit <- ar(x, aic = case[1] < 0, order.max = if (case[1] >= 0) case[1] else if (case[2] > 0) case[2],
                      method = kinds[method + 1])
            intercept <- if (is.null(fit$x.intercept)) 0 else fit$x.intercept
            out$record("config", c(method, case))
            out$record("result", c(fit$order, fit$x.mean, intercept, fit$var.pred, fit$ar), 13)
            out$record("path", predict(fit, newdata = x, n.ahead = 12, se.fit = FALSE), 13)
        }
    }
    out$close()
}

# ---- ARIMA ------------------------------------------------------------------------------------------------------

# The conditional recursion: the sum of squares of arima(method = "CSS") as it is documented, and its forecasts.
conditional <- function(w, ar, ma, h) {
    e <- numeric(length(w) + h)
    start <- length(ar) + 1
    for (t in seq_along(w)) {
        if (t < start) next
        e[t] <- w[t] - sum(ar * w[t - seq_along(ar)])
        for (j in seq_along(ma)) if (t - j >= start) e[t] <- e[t] - ma[j] * e[t - j]
    }
    n <- length(w)
    for (t in n + seq_len(h)) {
        w[t] <- sum(ar * w[t - seq_along(ar)])
        for (j in seq_along(ma)) if (t - j >= start) w[t] <- w[t] + ma[j] * e[t - j]
    }
    w[n + seq_len(h)]
}

spread <- function(a, m) { out <- numeric(length(a) * m); if (length(a)) out[seq_along(a) * m] <- a; out }
product <- function(a, s, m, sign) {       # (1 + sign a B ..)(1 + sign s B^m ..), its coefficients from lag 1 on
    x <- c(1, sign * a); y <- c(1, sign * spread(s, m))
    z <- numeric(length(x) + length(y) - 1)
    for (i in seq_along(x)) z[i - 1 + seq_along(y)] <- z[i - 1 + seq_along(y)] + x[i] * y
    sign * z[-1]
}

# What the orders take differences of.
difference <- function(x, d, D, m) {
    if (D > 0) x <- diff(x, m)
    if (d > 0) diff(x, differences = d) else x
}

# Forecasts of x from those of its differences.
integrate <- function(x, ahead, d, D, m) {
    base <- if (D > 0) diff(x, m) else x
    w <- c(difference(x, d, D, m), ahead)
    if (d == 2) w <- diffinv(w, 1, xi = diff(base)[1])
    if (d > 0) w <- diffinv(w, 1, xi = base[1])
    if (D > 0) w <- diffinv(w, m, xi = x[seq_len(m)])
    tail(w, length(ahead))
}

path_css <- function(x, order, seasonal, m, g, mu, h) {
    w <- difference(x, order[2], seasonal[2], m)
    u <- conditional(w - mu, product(g$ar, g$sar, m, -1), product(g$ma, g$sma, m, 1), h) + mu
    integrate(x, u, order[2], seasonal[2], m)
}

write_arima <- function() {
    out <- writer("arima.txt", "vectors_arima.R")
    out$comment("value: the series; config: m p d q P D Q constant(0, 1); given: the coefficients, the constant last")
    out$comment("squares, exact: sigma2, log likelihood and 15 forecasts by the sum of squares and by the likelihood")
    airline <- round(300 + cumsum(rnorm(120, 0.5)) + rep(c(5, 9, 2, -4, 0, 7, -8, 3, 1, -6, -3, -6), 10), 2)
    mixed <- draw(list(ar = c(0.7, -0.2), ma = 0.5), 110, 8)
    short <- round(cumsum(cumsum(rnorm(45))), 3)
    weekly <- round(as.numeric(arima.sim(list(ar = c(0.4, 0, 0, 0, 0, 0, 0.5)), 98)) + 30, 3)
    cases <- list(
        list(mixed, 1, c(0, 0, 0), c(0, 0, 0), 1, list(mean = 8.2)),
        list(mixed, 1, c(2, 0, 1), c(0, 0, 0), 1, list(ar = c(0.65, -0.25), ma = 0.55, mean = 7.9)),
        list(mixed, 1, c(1, 0, 3), c(0, 0, 0), 0, list(ar = 0.9, ma = c(0.4, -0.3, 0.2))),
        list(mixed, 1, c(0, 0, 1), c(0, 0, 0), 1, list(ma = 1.5, mean = 8)),               # not invertible
        list(airline, 12, c(1, 1, 1), c(0, 1, 1), 0, list(ar = 0.3, ma = -0.5, sma = -0.6)),
        list(airline, 12, c(0, 1, 1), c(0, 1, 1), 0, list(ma = -0.2, sma = -0.99)),        # nearly not invertible
        list(airline, 12, c(2, 0, 0), c(0, 1, 1), 1, list(ar = c(0.8, 0.1), sma = -0.7, mean = 0.4)),
        list(airline, 12, c(0, 1, 2), c(1, 0, 1), 1, list(ma = c(-0.3, 0.1), sar = 0.8, sma = -0.4, mean = 0.5)),
        list(airline, 12, c(3, 1, 2), c(2, 0, 1), 0,
             list(ar = c(0.2, 0.1, -0.1), ma = c(0.1, 0.2), sar = c(0.5, 0.3), sma = -0.2)),
        list(short, 1, c(0, 2, 2), c(0, 0, 0), 0, list(ma = c(-0.6, 0.2))),
        list(short, 4, c(5, 1, 0), c(1, 0, 1), 1,
             list(ar = c(0.2, 0.1, -0.2, 0.1, 0.05), sar = -0.3, sma = 0.4, mean = 0.1)),
        list(weekly, 7, c(1, 0, 0), c(2, 0, 0), 1, list(ar = 0.35, sar = c(0.4, 0.1), mean = 30.1)),
        list(weekly, 7, c(1, 2, 1), c(1, 1, 2), 0, list(ar = 0.1, ma = -0.9, sar = 0.2, sma = c(-0.8, 0.1))),
        list(weekly, 7, c(0, 0, 2), c(0, 0, 2), 1, list(ma = c(0.5, 0.3), sma = c(0.4, 0.2), mean = 29)))
    last <- NULL
    for (case in cases) {
        x <- case[[1]]; m <- case[[2]]; order <- case[[3]]; seasonal <- case[[4]]; constant <- case[[5]]; g <- case[[6]]
        if (!identical(x, last)) out$record("value", x)
        last <- x
        out$record("config", c(m, order, seasonal, constant))
        fixed <- unname(c(g$ar, g$ma, g$sar, g$sma, if (constant) g$mean))
        out$record("given", fixed, 13)
        n <- length(x); h <- 15
        drift <- constant && order[2] + seasonal[2] == 1
        fit <- arima(ts(x, frequency = m), order, list(order = seasonal, period = m), fixed = fixed,
                     xreg = if (drift) seq_len(n), include.mean = constant == 1 && !drift, method = "CSS",
                     transform.pars = FALSE)
        mu <- if (!constant) 0 else if (drift && seasonal[2] > 0) g$mean * m else g$mean
        out$record("squares", c(fit$sigma2, fit$loglik, path_css(x, order, seasonal, m, g, mu, h)), 13)
        # the likelihood of what the differences leave: that of x itself, without the diffuse start of arima()
        if (constant) fixed[length(fixed)] <- mu
        fit <- arima(difference(x, order[2], seasonal[2], m), c(order[1], 0, order[3]),
                     list(order = c(seasonal[1], 0, seasonal[3]), period = m), fixed = fixed,
                     include.mean = constant == 1, method = "ML", transform.pars = FALSE)
        ahead <- suppressWarnings(predict(fit, h))$pred                 # of a model that is not invertible, too
        out$record("exact", c(fit$sigma2, fit$loglik, integrate(x, ahead, order[2], seasonal[2], m)), 13)
    }
    out$close()
}

write_ar()
write_arima()
