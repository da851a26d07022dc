# Weights moved to known totals, and estimates with them, by R's survey package (4.5 or later).
# Run in tests/reference: Rscript weighting.R > weighting.csv
script <- readLines("survey.R")
eval(parse(text = script[seq_len(grep("^lonely <- list", script) - 1)]))  # the designs of survey.R
shares <- list(year_group = c(y10 = 0.33, y11 = 0.33, y9 = 0.34), region = c(east = 0.45, north = 0.15, south = 0.40))
size <- function(design) sum(weights(design, "sampling"))
margin <- function(design, name) {
  table <- data.frame(names(shares[[name]]), Freq = shares[[name]] * size(design))
  setNames(table, c(name, "Freq"))
}
totals <- function(design, visits) {
  all <- c("(Intercept)" = 1, shares$year_group[c("y11", "y9")], shares$region[c("north", "south")], if (visits) 3.2)
  names(all) <- c("(Intercept)", "year_groupy11", "year_groupy9", "regionnorth", "regionsouth", if (visits) "visits")
  all * size(design)
}
calibrated <- function(design, visits, ...) calibrate(
  design, if (visits) ~year_group + region + visits else ~year_group + region, totals(design, visits),
  epsilon = 1e-13, maxit = 200, compress = FALSE, ...)
methods <- list(
  poststratify = function(design) postStratify(design, ~year_group, margin(design, "year_group")),
  rake = function(design) rake(design, list(~year_group, ~region), list(margin(design, "year_group"), margin(design, "region")),
                               control = list(maxit = 1000, epsilon = 1e-15)),
  raking = function(design) calibrated(design, FALSE, calfun = "raking"),
  linear = function(design) calibrated(design, TRUE, calfun = "linear"),
  bounded = function(design) calibrated(design, TRUE, calfun = "linear", bounds = c(0.75, 1.6)),
  logit = function(design) calibrated(design, TRUE, calfun = "logit", bounds = c(0.5, 2)),
  trim = function(design) trimWeights(design, lower = 12, upper = 50, strict = TRUE)
)
cat(sprintf("# %s, survey %s\n", R.version.string, packageVersion("survey")))
cat("design,method,indicator,category,domain,group,estimate,std_error\n")
put <- function(...) cat(paste(c(...), collapse = ","), "\n", sep = "")
estimates <- function(name, method, design) {
  for (domain in c("all", "sixth_form")) for (group in if (domain == "all") "all" else c("no", "yes")) {
    here <- if (domain == "all") rep(TRUE, nrow(d)) else d[[domain]] == group
    row <- function(indicator, category, s) put(
      name, method, indicator, category, domain, group, sprintf("%.17g", c(coef(s), sqrt(as.vector(vcov(s))))))
    known <- function(y) replace(y, is.na(y), 0)  # a calibrated design keeps everybody, at weight 0
    design$variables$yes <- as.numeric(d$helped %in% "yes")
    design$variables$hours <- known(d$hours)
    row("helped", "yes", svymean(~yes, design[here & !is.na(d$helped), ]))
    part <- design[here & !is.na(d$hours), ]
    row("hours", "", svymean(~hours, part))
    row("hours_total", "", svytotal(~hours, part))
    row("hours_per_visit", "", svyratio(~hours, ~visits, part))
  }
  # Of two groups, as they share clusters and totals: the first less the second.
  for (group in c("yes", "no")) {
    here <- as.numeric(d$sixth_form == group & !is.na(d$helped))
    design$variables[[paste0("x_", group)]] <- here
    design$variables[[paste0("y_", group)]] <- here * (d$helped %in% "yes")
  }
  s <- if (inherits(design, "svyrep.design"))
    withReplicates(design, quote(sum(.weights * y_yes) / sum(.weights * x_yes) - sum(.weights * y_no) / sum(.weights * x_no)))
  else svycontrast(svytotal(~y_yes + x_yes + y_no + x_no, design), quote(y_yes / x_yes - y_no / x_no))
  put(name, method, "helped", "yes", "sixth_form", "yes less no", sprintf("%.17g", c(coef(s), sqrt(as.vector(vcov(s))))))
}
quietly <- function(x) withCallingHandlers(x, warning = function(w)
  if (grepl("onverge|ailed", conditionMessage(w))) stop(conditionMessage(w)) else invokeRestart("muffleWarning"))
for (name in names(designs)) for (method in names(methods)) {
  trims <- method == "trim" && (grepl("^(rep|made)", name) || max(weights(designs[[name]], "sampling")) < 12)
  if (trims) next
  put(name, method, "size", "", "", "", sprintf("%.17g", size(designs[[name]])), "")
  moved <- tryCatch(quietly(methods[[method]](designs[[name]])), error = function(e) NULL)
  if (!is.null(moved)) estimates(name, method, moved)  # half a sample may have no weights within bounds
}
# Unequal weights made equal: what rake's own errors are then.
design <- svydesign(ids = ~school_id, data = d, weights = rep(30, nrow(d)))
put("equal", "rake", "size", "", "", "", size(design), "")
estimates("equal", "rake", methods$rake(design))
