# Quantiles of the simulated parents by R's survey package: Woodruff's limits (interval.type "mean"),
# the least number up to which the share is reached (qrule "math").
# Run in tests/reference: Rscript quantiles.R > quantiles.csv
suppressPackageStartupMessages(library(survey))
options(digits = 17, scipen = 99, survey.replicates.mse = FALSE)
d <- read.csv("parents.csv", stringsAsFactors = FALSE, na.strings = "")
d$class <- paste(d$school_id, d$class_id)
f <- read.csv("factors.csv")
columns <- function(start) d$w * as.matrix(f[match(d$school_id, f$school_id), grep(paste0("^", start, "_"), names(f))])
designs <- list(
  simple = suppressWarnings(svydesign(ids = ~1, data = d)),
  stratified_fpc = svydesign(ids = ~1, strata = ~school_type, fpc = ~n_people, data = d),
  one_stage = svydesign(ids = ~school_id, strata = ~school_type, weights = ~w, data = d),
  two_stage = svydesign(ids = ~school_id + class, strata = ~school_type, weights = ~w,
                        fpc = ~n_schools + n_classes, data = d),
  rep_brr_mse = svrepdesign(data = d, weights = ~w, combined.weights = TRUE, repweights = columns("brr"), type = "BRR", mse = TRUE)
)
cat(sprintf("# %s, survey %s: svyquantile(interval.type = \"mean\", qrule = \"math\")\n", R.version.string, packageVersion("survey")))
cat("design,variable,probability,domain,group,estimate,low,high,std_error,df\n")
number <- function(x) ifelse(is.na(x), "", sprintf("%.17g", x))
for (name in names(designs)) for (variable in c("hours", "visits")) for (domain in c("all", "sixth_form", "year_group")) {
  groups <- if (domain == "all") "all" else sort(unique(d[[domain]]))
  for (group in groups) for (p in c(0.1, 0.25, 0.5, 0.9)) {
    here <- !is.na(d[[variable]])
    if (domain != "all") here <- here & d[[domain]] == group
    part <- designs[[name]][here, ]
    # It fails where a limit of the share lies below the least weight: such rows are left out.
    q <- tryCatch(svyquantile(as.formula(paste0("~", variable)), part, p)[[1]], error = function(e) NULL)
    if (is.null(q)) next
    cat(paste(c(name, variable, p, domain, group, number(q[1:4]), degf(part)), collapse = ","), "\n", sep = "")
  }
}
