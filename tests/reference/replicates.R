# Replicates of the simulated parents by R's survey package: made where a group lies in one school,
# where strata are whole, and moved to known totals; and given ones of successive differences.
# Run in tests/reference: Rscript replicates.R > replicates.csv
suppressPackageStartupMessages(library(survey))
# A whole stratum is dropped from replicates of a total, and not from the total, unless this is off.
options(digits = 17, scipen = 99, survey.replicates.mse = FALSE, survey.drop.replicates = FALSE)
d <- read.csv("parents.csv", stringsAsFactors = FALSE, na.strings = "")
d$few <- ifelse(d$school_id == d$school_id[1], "one", "others")
d$n_whole <- ifelse(d$school_type == "maintained", d$n_schools, ave(as.numeric(factor(d$school_id)), d$school_type, FUN = function(s) length(unique(s))))
d$y <- ifelse(is.na(d$hours), 0, d$hours)
f <- read.csv("factors.csv")
boot <- d$w * as.matrix(f[match(d$school_id, f$school_id), grep("^boot_", names(f))])
clustered <- svydesign(ids = ~school_id, weights = ~w, data = d)
size <- sum(d$w)
moved <- function(design) calibrate(design, ~ factor(year_group) + visits, c(size, 0.33 * size, 0.34 * size, 3.2 * size), epsilon = 1e-12, maxit = 200)
designs <- list(
  made_jk1 = as.svrepdesign(clustered, type = "JK1"),
  made_jk1_mse = as.svrepdesign(clustered, type = "JK1", mse = TRUE),
  made_jk1_moved = moved(as.svrepdesign(clustered, type = "JK1", mse = TRUE)),
  made_jkn_whole = as.svrepdesign(svydesign(ids = ~school_id, strata = ~school_type, weights = ~w, fpc = ~n_whole, data = d), type = "JKn", mse = TRUE),
  successive_difference = svrepdesign(data = d, weights = ~w, repweights = boot, type = "successive-difference", combined.weights = TRUE, mse = TRUE)
)
cat("# survey ", format(packageVersion("survey")), ", R ", format(getRversion()), ": svymean, svytotal\n", sep = "")
cat("design,indicator,domain,group,estimate,std_error,size\n")
for (name in names(designs)) for (group in c("all", "one", "others")) {
  here <- !is.na(d$hours) & (group == "all" | d$few == group)
  part <- designs[[name]][here, ]
  for (kind in c("hours", "hours_total")) {
    s <- suppressWarnings(if (kind == "hours") svymean(~y, part) else svytotal(~y, part))
    cat(paste(c(name, kind, if (group == "all") "all" else "few", group, sprintf("%.17g", c(coef(s), SE(s), size))), collapse = ","), "\n", sep = "")
  }
}
