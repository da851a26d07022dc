# Two waves of parents in the same schools: limits of each, and of their difference, by survey.
# Run in tests/reference: Rscript compare.R > compare.csv      (writes compare_waves.csv first;
# survey 4.5 or later, on the library path: svyciprop has had "wilson" since then)
suppressMessages(library(survey))
options(digits = 17, scipen = 99)
set.seed(20130401)
schools <- data.frame(school_id = sprintf("S%02d", 1:16), stratum = rep(c("a", "b"), each = 8),
                      leaning = rnorm(16))
wave <- function(name, keep, shift) {
  d <- do.call(rbind, lapply(which(keep), function(i) {
    n <- sample(8:20, 1)
    data.frame(wave = name, school_id = schools$school_id[i], stratum = schools$stratum[i],
               w = round(runif(n, 0.5, 2), 3),
               helped = ifelse(runif(n) < plogis(schools$leaning[i] + shift), "yes", "no"),
               hours = round(pmax(0, 4 + 2 * schools$leaning[i] + 2 * shift + rnorm(n)), 1))
  }))
  d$helped[sample(nrow(d), 5)] <- ""
  d
}
both <- rbind(wave("then", 1:16 != 3, -0.3), wave("now", 1:16 != 12, 0.7))
both$parent_id <- sprintf("P%04d", seq_len(nrow(both)))
write.csv(both, "compare_waves.csv", row.names = FALSE, quote = FALSE)

both$y <- as.numeric(both$helped == "yes")
asked <- both$helped != ""
stacked <- svydesign(~school_id, strata = ~stratum, weights = ~w, data = both)
alone <- lapply(c("then", "now"), function(k)
  subset(svydesign(~school_id, strata = ~stratum, weights = ~w, data = both[both$wave == k, ]), helped != ""))
share <- lapply(alone, function(d) svymean(~y, d))
# Wilson's limits on n* = p (1 - p) / variance, with t on the design's degrees of freedom.
ends <- function(k, alpha) {
  p <- unname(coef(share[[k]])); t2 <- qt(1 - alpha / 2, degf(alone[[k]]))^2
  n <- c(p * (1 - p) / SE(share[[k]])^2)
  reach <- sqrt(t2 * p * (1 - p) / n + t2^2 / (4 * n^2))
  unname(c(p + t2 / (2 * n) - reach, p + t2 / (2 * n) + reach) / (1 + t2 / n))
}
# svyciprop's own limits, which the lines above must repeat.
stopifnot(max(abs(ends(1, 0.05) - confint(svyciprop(~y, alone[[1]], method = "wilson")))) < 1e-12)
by <- svyby(~y, ~wave, subset(stacked, helped != ""), svymean, covmat = TRUE)
v <- vcov(by)
r <- v["then", "now"] / sqrt(v["then", "then"] * v["now", "now"])
difference <- function(alpha, r) {
  p <- sapply(share, coef); a <- ends(1, alpha); b <- ends(2, alpha)
  reach <- function(x, y) sqrt(x^2 + y^2 - 2 * r * x * y)
  d <- unname(p[2] - p[1])
  c(d - reach(p[2] - b[1], a[2] - p[1]), d + reach(b[2] - p[2], p[1] - a[1]))
}
p_value <- function(r) uniroot(function(a) difference(a, r)[1], c(1e-10, 0.999), tol = 1e-15)$root
cat(sprintf("# %s; survey %s: svymean, svyciprop(method = \"wilson\"), svyby(covmat = TRUE), qt, uniroot\n",
            R.version.string, packageVersion("survey")))
cat("what,level,r,low,high,p\n")
for (level in c(0.8, 0.95, 0.99)) for (k in 1:2) {
  e <- ends(k, 1 - level)
  cat(sprintf("%s,%s,,%.17g,%.17g,\n", c("then", "now")[k], level, e[1], e[2]))
}
for (level in c(0.8, 0.95, 0.99)) for (kind in c("independent", "stacked")) {
  rho <- if (kind == "stacked") r else 0
  e <- difference(1 - level, rho)
  cat(sprintf("%s,%s,%.17g,%.17g,%.17g,%.17g\n", kind, level, rho, e[1], e[2], p_value(rho)))
}
# A printed 40 of 100 against the later wave: Wilson's limits on one side, the design's on the other.
mixed <- function(alpha) {
  w <- suppressWarnings(prop.test(40, 100, conf.level = 1 - alpha, correct = FALSE))$conf.int
  p <- coef(share[[2]]); b <- ends(2, alpha)
  unname(c(p - 0.4 - sqrt((p - b[1])^2 + (w[2] - 0.4)^2), p - 0.4 + sqrt((b[2] - p)^2 + (0.4 - w[1])^2)))
}
e <- mixed(0.05)
cat(sprintf("mixed,0.95,0,%.17g,%.17g,%.17g\n", e[1], e[2],
            uniroot(function(a) mixed(a)[1], c(1e-10, 0.999), tol = 1e-15)$root))
hours <- lapply(alone, function(d) svymean(~hours, d))
m <- svyby(~hours, ~wave, stacked, svymean, covmat = TRUE)
contrast <- svycontrast(m, c(now = 1, then = -1))
cat(sprintf("hours,,%.17g,%.17g,%.17g,\n", vcov(m)["then", "now"] / prod(SE(m)), coef(contrast), SE(contrast)))
total <- svyby(~hours, ~wave, stacked, svytotal, covmat = TRUE)
cat(sprintf("hours_total,,%.17g,,,\n", vcov(total)["then", "now"] / prod(SE(total))))
