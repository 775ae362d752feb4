# vectors_ets.R: each model of exponential smoothing on series that come with R, fitted by forecast::ets; parameters and
# states before the first value rounded (so that nothing is at its optimum), and run again with them. Forecasts are
# those of forecast(); for multiplicative seasons, where it adds a small variance term and leaves the first step
# undamped, they are the recursion without errors from R's last state.
# Writes tests/vectors/ets.txt. Run it at the top of the checkout:  Rscript tests/check/vectors_ets.R
suppressMessages(library(forecast))
source("tests/check/writer.R")

run <- function(y, code, damped) {
    y <- ts(y / 2^floor(log2(mean(abs(y)))), frequency = frequency(y))
    fit <- ets(y, model = code, damped = damped)
    best <- fit$aicc
    fit$par[] <- signif(fit$par, 3)
    fit$initstate[] <- signif(fit$initstate, 4)
    fit <- ets(y, model = fit, use.initial.values = TRUE)
    trend <- substr(code, 2, 2) != "N"
    season <- substr(code, 3, 3)
    m <- if (season == "N") 0 else frequency(y)
    par <- fit$par[c("alpha", "beta", "gamma", "phi")]
    h <- 30
    last <- fit$states[length(y) + 1, ]
    if (season == "M") {
        growth <- if (damped) cumsum(par["phi"]^(1:h)) else 1:h
        ahead <- (last[1] + if (trend) last[2] * growth else 0) * rep(rev(tail(last, m)), length.out = h)
    } else ahead <- forecast(fit, h, PI = FALSE)$mean
    first <- fit$initstate
    kind <- c(c(A = 2, M = 3)[substr(code, 1, 1)], if (damped) 4 else if (trend) 2 else 1,
              c(N = 1, A = 2, M = 3)[season])
    out$record("model", c(kind, m, par), 17)
    out$record("value", y, 17)
    out$record("state", c(first[1], if (trend) first[2] else 0, if (m) rev(tail(first, m))), 17)
    sigma2 <- sum(fit$residuals^2) / (length(y) - length(fit$par))      # as a fresh fit has it
    out$record("fit", c(fit$loglik, fit$aicc, sigma2, best), 17)
    out$record("point", ahead, 17)
}

out <- writer("ets.txt", "vectors_ets.R")
out$comment("model: error trend season (PSC_ETS_*) m alpha beta gamma phi; value; state: l b s[1..m]")
out$comment("fit: log likelihood, AICc, sigma2, AICc at R's own optimum; point: 30 forecasts")
series <- list(Nile, AirPassengers, UKgas, USAccDeaths)
for (error in c("A", "M")) for (trend in c("N", "A", "Ad")) for (season in c("N", "A", "M")) {
    if (error == "A" && season == "M") next
    for (k in if (season == "N") c(1, 2) else c(2, 3, 4))
        run(series[[k]], paste0(error, substr(trend, 1, 1), season), trend == "Ad")
}
out$close()
