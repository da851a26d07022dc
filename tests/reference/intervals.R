# Limits of a counted share, by base R alone.
# Run: Rscript tests/reference/intervals.R > tests/reference/intervals.csv
options(digits = 17, scipen = 99)
cat(sprintf("# %s: prop.test(correct = FALSE), binom.test, qbeta, qnorm\n", R.version.string))
cat("method,count,base,population,level,low,high\n")
row <- function(method, x, n, N, level, ends)
  cat(sprintf("%s,%d,%d,%s,%s,%.17g,%.17g\n", method, x, n, N, level, ends[1], ends[2]))

agresti_coull <- function(x, n, level) {
  z <- qnorm(1 - (1 - level) / 2)
  p <- (x + z^2 / 2) / (n + z^2)
  pmin(1, pmax(0, p + c(-1, 1) * z * sqrt(p * (1 - p) / (n + z^2))))
}
jeffreys <- function(x, n, level) {
  ends <- qbeta(c((1 - level) / 2, 1 - (1 - level) / 2), x + 0.5, n - x + 0.5)
  c(if (x == 0) 0 else ends[1], if (x == n) 1 else ends[2])
}

cases <- rbind(c(0, 1), c(1, 1), c(0, 60), c(1, 60), c(12, 60), c(30, 60), c(59, 60), c(60, 60),
               c(142, 1703), c(27, 55), c(3, 7), c(1706, 1706))
for (level in c(0.8, 0.95, 0.99)) for (i in seq_len(nrow(cases))) {
  x <- cases[i, 1]; n <- cases[i, 2]
  row("wilson", x, n, "", level, suppressWarnings(prop.test(x, n, conf.level = level, correct = FALSE))$conf.int)
  row("beta", x, n, "", level, binom.test(x, n, conf.level = level)$conf.int)
  row("jeffreys", x, n, "", level, jeffreys(x, n, level))
  row("agresti_coull", x, n, "", level, agresti_coull(x, n, level))
}
