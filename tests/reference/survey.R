# Design-based estimates of the simulated parents by R's survey package.
# Run in tests/reference: Rscript survey.R > survey.csv
suppressPackageStartupMessages(library(survey))
options(digits = 17, scipen = 99, survey.replicates.mse = FALSE)
d <- read.csv("parents.csv", stringsAsFactors = FALSE, na.strings = "")
d$row <- seq_len(nrow(d))
d$class <- paste(d$school_id, d$class_id)
d$sixth_form_year_group <- paste(d$sixth_form, d$year_group, sep = " & ")
f <- read.csv("factors.csv")
columns <- function(start) d$w * as.matrix(f[match(d$school_id, f$school_id), grep(paste0("^", start, "_"), names(f))])
jkn_scales <- with(unique(d[c("school_id", "school_type")]),
                   { n <- table(school_type)[school_type]; as.vector((n - 1) / n) })
replicated <- function(...) svrepdesign(data = d, weights = ~w, combined.weights = TRUE, ...)
one_stage <- svydesign(ids = ~school_id, strata = ~school_type, weights = ~w, data = d)
one_stage_fpc <- svydesign(ids = ~school_id, strata = ~school_type, weights = ~w, fpc = ~n_schools, data = d)
unstratified <- svydesign(ids = ~school_id, weights = ~w, data = d)
designs <- list(
  simple = suppressWarnings(svydesign(ids = ~1, data = d)),
  simple_fpc = svydesign(ids = ~1, fpc = ~n_all, data = d),
  stratified = svydesign(ids = ~1, strata = ~school_type, weights = ~w, data = d),
  stratified_fpc = svydesign(ids = ~1, strata = ~school_type, fpc = ~n_people, data = d),
  weighted = svydesign(ids = ~1, weights = ~w, data = d),
  mean_1 = svydesign(ids = ~school_id, strata = ~school_type, weights = ~w_mean_1, data = d),
  unstratified = unstratified,
  one_stage = one_stage,
  one_stage_fpc = one_stage_fpc,
  one_stage_population = svydesign(ids = ~school_id, strata = ~school_type, fpc = ~n_schools, data = d),
  two_stage = svydesign(ids = ~school_id + class, strata = ~school_type, weights = ~w,
                        fpc = ~n_schools + n_classes, data = d),
  two_stage_strata = svydesign(ids = ~school_id + row, strata = ~school_type + class_id, weights = ~w,
                               fpc = ~n_schools + n_parents, data = d),
  three_stage = svydesign(ids = ~school_id + class + row, strata = ~school_type, weights = ~w,
                          fpc = ~n_schools + n_classes + n_parents, data = d),
  three_stage_population = svydesign(ids = ~school_id + class + row, strata = ~school_type,
                                     fpc = ~n_schools + n_classes + n_parents, data = d),
  rep_jk1 = replicated(repweights = columns("jk1"), type = "JK1", scale = 35 / 36),
  rep_jk1_mse = replicated(repweights = columns("jk1"), type = "JK1", scale = 35 / 36, mse = TRUE),
  rep_jkn = replicated(repweights = columns("jkn"), type = "JKn", scale = 1, rscales = jkn_scales),
  rep_brr = replicated(repweights = columns("brr"), type = "BRR"),
  rep_brr_mse = replicated(repweights = columns("brr"), type = "BRR", mse = TRUE),
  rep_fay = replicated(repweights = columns("fay"), type = "Fay", rho = 0.3),
  rep_boot = replicated(repweights = columns("boot"), type = "bootstrap"),
  made_jk1 = as.svrepdesign(unstratified, type = "JK1"),
  made_jkn = as.svrepdesign(one_stage, type = "JKn"),
  made_jkn_fpc = as.svrepdesign(one_stage_fpc, type = "JKn"),
  made_jkn_mse = as.svrepdesign(one_stage, type = "JKn", mse = TRUE)
)
lonely <- list(
  lonely = svydesign(ids = ~school_id, strata = ~lonely_type, weights = ~w, data = d),
  lonely_fpc = svydesign(ids = ~school_id, strata = ~lonely_type, weights = ~w, fpc = ~n_lonely, data = d)
)
whole <- c("one_stage_fpc", "two_stage", "rep_jkn", "made_jkn_fpc")
domains <- c("all", "school_type", "sixth_form", "region", "year_group", "sixth_form_year_group")

cat(sprintf("# %s, survey %s\n", R.version.string, packageVersion("survey")))
cat("design,indicator,category,domain,group,base_n,estimate,std_error,deff,df,",
    "logit_low,logit_high,wilson_low,wilson_high,beta_low,beta_high,",
    "beta_truncated_low,beta_truncated_high,mean_low,mean_high\n", sep = "")
number <- function(x) if (is.na(x) || is.nan(x)) "" else sprintf("%.17g", x)
put <- function(...) cat(paste(c(...), collapse = ","), "\n", sep = "")

limits <- function(p, v, n, df) {
  if (is.na(v) || df < 1 || v <= 0 || p <= 0 || p >= 1) return(rep(NA, 10))
  t <- qt(0.975, df); se <- sqrt(v)
  logit <- plogis(qlogis(p) + c(-1, 1) * t * se / (p * (1 - p)))
  e <- p * (1 - p) / v
  wilson <- (p + t^2 / (2 * e) + c(-1, 1) * t * sqrt(p * (1 - p) / e + t^2 / (4 * e^2))) / (1 + t^2 / e)
  k <- e * (qt(0.025, n - 1) / qt(0.025, df))^2
  beta <- function(k) c(qbeta(0.025, k * p, k * (1 - p) + 1), qbeta(0.975, k * p + 1, k * (1 - p)))
  c(logit, wilson, beta(k), beta(min(k, n)), p + c(-1, 1) * t * se)
}
# R's own svyciprop on one row of every design holds the formulae above to the package.
hold_to_svyciprop <- function(design, formula, row) {
  got <- c(attr(svyciprop(formula, design, method = "xlogit"), "ci"),
           attr(svyciprop(formula, design, method = "beta"), "ci"),
           attr(svyciprop(formula, design, method = "mean"), "ci"))
  stopifnot(all.equal(unname(got), row[c(1, 2, 5, 6, 9, 10)], tolerance = 1e-10))
}

one <- function(name, design, indicator, category, domain, group, kind) {
  x <- design$variables
  column <- strsplit(indicator, "@")[[1]][1]
  y <- switch(kind, share = as.numeric(x[[column]] == category), x[[column]])
  if (kind %in% c("ratio", "total")) y <- x$hours
  here <- !is.na(y)
  if (grepl("@", indicator)) here <- here & x$helped %in% "yes"
  if (domain != "all") here <- here & x[[domain]] == group
  if (!any(here)) return(put(name, indicator, category, domain, group, 0, rep("", 14)))
  part <- design[here, ]
  part$variables$y <- y[here]
  replicate <- inherits(design, "svyrep.design")
  s <- switch(kind, total = svytotal(~y, part, deff = "replace"),
              ratio = svyratio(~y, ~visits, part, deff = if (replicate) FALSE else "replace"),
              svymean(~y, part, deff = "replace"))
  p <- as.vector(coef(s)); v <- as.vector(diag(as.matrix(vcov(s))))
  if (kind == "ratio") v <- as.vector(s$var)
  effect <- if (kind != "ratio") as.vector(deff(s)) else if (replicate) NA else as.vector(attr(s, "deff"))
  df <- degf(part); n <- sum(here)
  ends <- if (kind == "share") limits(p, v, n, df) else c(rep(NA, 8), p + c(-1, 1) * qt(0.975, df) * sqrt(v))
  if (kind == "share" && domain == "all" && !is.na(ends[1])) hold_to_svyciprop(part, ~y, ends)
  put(name, indicator, category, domain, group, n, sapply(c(p, sqrt(v), effect, df, ends), number))
}

everything <- function(name, design, domains) for (domain in domains) {
  groups <- if (domain == "all") "all" else sort(unique(d[[domain]]))
  for (group in groups) {
    share <- function(indicator, category) one(name, design, indicator, category, domain, group, "share")
    for (category in c("yes", "partly", "no")) share("helped", category)
    share("heard", "yes"); share("never", "yes"); share("always", "yes")
    share("heard@helped", "yes")
    for (option in c("a", "b", "c")) share(paste0("source_", option), "yes")
    one(name, design, "hours", "", domain, group, "mean")
    one(name, design, "hours_per_visit", "", domain, group, "ratio")
    one(name, design, "hours_total", "", domain, group, "total")
  }
}
association <- function(name, design, row, column) {
  part <- design[!is.na(d[[row]]) & !is.na(d[[column]]), ]
  t <- svychisq(as.formula(paste0("~", row, "+", column)), part, statistic = "F")
  put(name, paste0(row, "*", column), "", "F", "", nrow(part), number(t$statistic), number(t$p.value), number(t$parameter[1]), number(t$parameter[2]), rep("", 10))
}
difference <- function(name, design, category, domain, a, b) {
  known <- as.numeric(!is.na(d$helped))
  yes <- as.numeric(d$helped %in% category)
  design <- update(design, xa = known * (d[[domain]] == a), xb = known * (d[[domain]] == b),
                   ya = yes * (d[[domain]] == a), yb = yes * (d[[domain]] == b))
  s <- if (inherits(design, "svyrep.design"))
    withReplicates(design, quote(sum(.weights * ya) / sum(.weights * xa) - sum(.weights * yb) / sum(.weights * xb)))
  else svycontrast(svytotal(~ya + xa + yb + xb, design), quote(ya / xa - yb / xb))
  put(name, "helped", category, "difference", paste(domain, a, b), 0, number(coef(s)),
      number(sqrt(as.vector(vcov(s)))), rep("", 12))
}
options(survey.lonely.psu = "fail")
for (name in names(designs)) {
  everything(name, designs[[name]], if (name %in% whole) domains else c("all", "sixth_form", "year_group"))
  for (column in c("school_type", "year_group", "region")) association(name, designs[[name]], "helped", column)
  difference(name, designs[[name]], "yes", "year_group", "y9", "y11")
  difference(name, designs[[name]], "yes", "sixth_form", "yes", "no")
}
for (rule in c("certainty", "adjust", "average")) {
  options(survey.lonely.psu = rule)
  for (name in names(lonely)) everything(paste(name, rule, sep = "_"), lonely[[name]], c("all", "sixth_form", "year_group"))
}
for (rule in c("certainty", "average")) {
  options(survey.lonely.psu = rule)
  everything(paste("made_jkn_lonely", rule, sep = "_"), as.svrepdesign(lonely$lonely, type = "JKn"), c("all", "year_group"))
}
