# vectors_theta.R: reference values for the simple models, Theta and Croston. thetaf, croston, snaive and rwf are those
# of the R package forecast; Naive2 follows the M4 competition's script; the dynamic theta model is written from
# the formulas of Fiorucci et al. 2016 as they stand, its start by least squares.
# Writes tests/vectors/theta.txt. Run it at the top of the checkout:  Rscript tests/check/vectors_theta.R
suppressMessages(library(forecast))
source("tests/check/writer.R")

out <- writer("theta.txt", "vectors_theta.R")
out$comment("config: model (1 naive2, 2 snaive, 3 drift, 4 thetaf, 5 dotm, 6 croston), period, horizon, alpha,")
out$comment("  theta, whether the series is new (value follows); 7: alpha is dotm's least sum of squares")

seasonal_test <- function(y, m) {
    n <- length(y)
    if (m < 2 || n < 3 * m) return(FALSE)
    r <- acf(y, lag.max = m, plot = FALSE)$acf[-1]
    abs(r[m]) > 1.645 * sqrt((1 + 2 * sum(r[-m]^2)) / n)
}
indices <- function(y, m)
    decompose(ts(y, frequency = m), type = if (all(y > 0)) "multiplicative" else "additive")$figure
adjust <- function(y, m) if (seasonal_test(y, m)) indices(y, m) else NULL
at_phase <- function(f, t) f[(t - 1) %% length(f) + 1]
put <- function(x, f, t, positive) {
    if (is.null(f)) x else if (positive) x * at_phase(f, t) else x + at_phase(f, t)
}
take <- function(y, f, positive) {
    if (is.null(f)) y else if (positive) y / at_phase(f, seq_along(y)) else y - at_phase(f, seq_along(y))
}

naive2 <- function(y, m, h) {
    f <- adjust(y, m); n <- length(y); pos <- all(y > 0)
    put(rep(take(y, f, pos)[n], h), f, n + 1:h, pos)
}

dotm <- function(y, m, h, alpha, theta) {
    f <- adjust(y, m); n <- length(y); pos <- all(y > 0); x <- take(y, f, pos); w <- 1 - 1 / theta
    # f[t] = l[t-1] + w D[t-1]; l linear in l0
    run <- function(x, l0, upto) {
        l <- l0; M <- 0; A <- 0; B <- 0; mu <- numeric(upto)
        for (t in 1:upto) {
            mu[t] <- l + w * ((1 - alpha)^(t - 1) * A + (1 - (1 - alpha)^t) / alpha * B)
            v <- if (t <= length(x)) x[t] else mu[t]
            B <- if (t == 1) 0 else ((t - 2) * B + 6 / t * (v - M)) / (t + 1)
            M <- ((t - 1) * M + v) / t
            A <- M - (t + 1) / 2 * B
            l <- alpha * v + (1 - alpha) * l
        }
        mu
    }
    m0 <- run(x, 0, n); m1 <- run(x, 1, n) - m0
    l0 <- sum((x - m0) * m1) / sum(m1^2)
    list(mean = put(run(x, l0, n + h)[n + 1:h], f, n + 1:h, pos), sse = sum((x - m0 - l0 * m1)^2))
}

last <- NULL
case <- function(kind, y, m, h, alpha = NA, theta = NA, mean) {
    out$record("config", c(kind, m, h, alpha, theta, !identical(y, last)))
    if (!identical(y, last)) out$record("value", y)
    last <<- y
    out$record("point", as.numeric(mean))
}

set.seed(7)
series <- list(
    list(y = round(exp(3 + 0.3 * sin(2 * pi * (1:96) / 12) + 0.02 * cumsum(rnorm(96))), 3), m = 12),
    list(y = round(50 + 10 * rep(c(1, -2, 3, 0, -1, 2, -3), 15)[1:101] + cumsum(rnorm(101)), 3), m = 7),
    list(y = round(cumsum(rnorm(120)), 3), m = 24),                                        # not seasonal
    list(y = round(5 * sin(2 * pi * (1:150) / 24) + 0.5 * cumsum(rnorm(150)), 3), m = 24),  # additive indices
    list(y = round(200 + 3 * (1:80) + 20 * rnorm(80), 3), m = 1),
    list(y = round(100 * exp(0.01 * (1:130)) * (1 + 0.2 * cos(2 * pi * (1:130) / 5)) + rnorm(130), 3), m = 5))
for (s in series) {
    y <- s$y; m <- s$m; h <- m + 3
    case(1, y, m, h, mean = naive2(y, m, h))
    case(2, y, m, h, mean = snaive(ts(y, frequency = m), h = h)$mean)
    case(3, y, m, h, mean = rwf(y, h = h, drift = TRUE)$mean)
    if (all(y > 0)) {
        fit <- thetaf(ts(y, frequency = m), h = h)
        alpha <- max(1e-10, fit$model$alpha)
        # where its l[0] has a weight left it is another one
        if ((1 - alpha)^length(y) < 1e-15 && alpha >= 1e-4) case(4, y, m, h, alpha, mean = fit$mean)
    }
    for (p in list(c(0.3, 2), c(0.9, 1), c(0.05, 5))) {
        r <- dotm(y, m, h, p[1], p[2])
        case(5, y, m, h, p[1], p[2], mean = r$mean)
    }
    # the optimum of both, by a simplex: its sum of squares, which the search must reach
    errors <- function(p) {
        if (p[1] < 1e-4 || p[1] > 1 || p[2] < 0 || p[2] > 0.999) 1e30 else dotm(y, m, 1, p[1], 1 / (1 - p[2]))$sse
    }
    best <- optim(c(0.5, 0.5), errors, control = list(reltol = 1e-13, maxit = 2000))
    case(7, y, m, 0, best$value, mean = numeric(0))
}
for (p in c(0.4, 0.15, 0.03)) for (a in c(0.1, 0.3)) {
    y <- round(rbinom(90, 1, p) * rexp(90, 0.2), 2)
    case(6, y, 1, 3, a, mean = croston(ts(y), h = 3, alpha = a)$mean)
}
case(6, c(0, 0, 3, 0, 4), 1, 2, 0.1, mean = croston(ts(c(0, 0, 3, 0, 4)), h = 2, alpha = 0.1)$mean)
case(6, rep(0, 6), 1, 2, 0.1, mean = croston(ts(rep(0, 6)), h = 2, alpha = 0.1)$mean)
out$close()
