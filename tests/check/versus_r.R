# versus_r.R: forecasts of R's forecast package in the format of build/bench/forecast, to be scored beside it.
#
#     Rscript tests/check/versus_r.R stlf|ets|thetaf < SERIES.train.txt > OUT.csv       (CPU seconds a series: stderr)
#
# Needs Debian's r-cran-forecast.
suppressMessages(library(forecast))

method <- commandArgs(trailingOnly = TRUE)[1]
cpu <- c()
for (line in readLines(file("stdin"))) {
  field <- strsplit(line, ",")[[1]]
  horizon <- as.integer(field[2])
  period <- as.integer(strsplit(field[3], ";")[[1]])
  value <- as.numeric(strsplit(field[4], " ")[[1]])
  fits <- period[period > 1 & 2 * period < length(value)]
  spent <- system.time({
    y <- if (length(fits) > 1) msts(value, seasonal.periods = fits) else ts(value, frequency = max(fits, 1))
    f <- if (method == "stlf" && length(fits) > 0) stlf(y, h = horizon, method = "ets", level = c(80, 95))
         else if (method == "thetaf") thetaf(ts(value, frequency = max(fits[1], 1, na.rm = TRUE)), h = horizon, level = c(80, 95))
         else forecast(ets(ts(value, frequency = if (max(fits, 1) <= 24) max(fits, 1) else 1)), h = horizon, level = c(80, 95))
  })
  cpu <- c(cpu, spent["user.self"] + spent["sys.self"])
  cat(sprintf("%s,%d,%.10g,%.10g,%.10g,%.10g,%.10g\n", field[1], seq_len(horizon), f$mean, f$lower[, 1], f$upper[, 1],
              f$lower[, 2], f$upper[, 2]), sep = "")
}
message(sprintf("%d series, CPU seconds a series: median %.4f, mean %.4f", length(cpu), median(cpu), mean(cpu)))
