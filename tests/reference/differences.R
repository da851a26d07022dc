# Differences of shares and adjusted p, by base R alone.
# Run: Rscript tests/reference/differences.R > tests/reference/differences.csv
options(digits = 17, scipen = 99)
cat(sprintf("# %s: prop.test(correct = FALSE)$conf.int of each share, squared and added; uniroot; p.adjust\n", R.version.string))
cat("what,x1,n1,x2,n2,level,low,high,p\n")

wilson <- function(x, n, alpha) {
  e <- suppressWarnings(prop.test(x, n, conf.level = 1 - alpha, correct = FALSE))$conf.int
  c(if (x == 0) 0 else e[1], if (x == n) 1 else e[2])
}
square_and_add <- function(x1, n1, x2, n2, alpha) {
  p1 <- x1 / n1; p2 <- x2 / n2
  a <- wilson(x1, n1, alpha); b <- wilson(x2, n2, alpha)
  c(p2 - p1 - sqrt((p2 - b[1])^2 + (a[2] - p1)^2), p2 - p1 + sqrt((b[2] - p2)^2 + (p1 - a[1])^2))
}
p_value <- function(x1, n1, x2, n2) {
  near <- if (x2 / n2 > x1 / n1) 1 else 2
  if (x2 / n2 == x1 / n1) return(1)
  uniroot(function(a) square_and_add(x1, n1, x2, n2, a)[near], c(1e-9, 1 - 1e-9), tol = 1e-14)$root
}
cases <- rbind(c(48, 80, 56, 70), c(3, 10, 9, 10), c(12, 60, 12, 30), c(36, 154, 12, 77), c(0, 60, 0, 30),
               c(0, 60, 6, 60), c(60, 60, 50, 60), c(142, 1703, 60, 400), c(14, 60, 24, 61), c(27, 55, 20, 40))
for (i in seq_len(nrow(cases))) {
  v <- cases[i, ]
  p <- p_value(v[1], v[2], v[3], v[4])
  for (level in c(0.8, 0.95, 0.99)) {
    e <- square_and_add(v[1], v[2], v[3], v[4], 1 - level)
    cat(sprintf("difference,%d,%d,%d,%d,%s,%.17g,%.17g,%.17g\n", v[1], v[2], v[3], v[4], level, e[1], e[2], p))
  }
}
given <- c(0.0001, 0.004, 0.004, 0.012, 0.02, 0.03, 0.3, 0.9, 1)
for (method in c("holm", "BH")) {
  adjusted <- p.adjust(given, method)
  for (i in seq_along(given)) cat(sprintf("%s,,,,,%s,,,%.17g\n", method, given[i], adjusted[i]))
}
cat(sprintf("fisher,12,60,12,30,,,,%.17g\n", fisher.test(matrix(c(12, 48, 12, 18), 2))$p.value))
