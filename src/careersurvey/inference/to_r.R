# Estimates of TITLE, by R's survey package, held to careersurvey's.
# Run in this folder: Rscript estimates.R
suppressPackageStartupMessages(library(survey))
options(survey.replicates.mse = FALSE, survey.drop.replicates = FALSE, warn = 1)
ours <- read.csv("estimates.csv", colClasses = c(indicator = "character", category = "character"))
theirs <- NULL

read <- function(table, numbers) {
  d <- read.csv(paste0(table, ".csv"), colClasses = "character", na.strings = "",
                check.names = FALSE)
  d[numbers] <- lapply(d[numbers], as.numeric)
  d
}

# One row: `y` is what is estimated, of those for whom `base` holds; `below` is below the line.
estimate <- function(design, indicator, category, measure, y, base, below = 1, probability = NA) {
  v <- design$variables
  here <- eval(substitute(base), v, parent.frame()) %in% TRUE & weights(design, "sampling") > 0
  design$variables$y <- ifelse(here, as.numeric(eval(substitute(y), v, parent.frame())), 0)
  design$variables$below <- ifelse(here, as.numeric(eval(substitute(below), v, parent.frame())), 0)
  part <- design[here, ]
  df <- design$fixed_df
  if (is.null(df)) df <- degf(if (is.null(design$drawn)) part else design$drawn[here, ])
  s <- switch(measure, total = svytotal(~y, part), ratio = svyratio(~y, ~below, part),
              quantile = svyquantile(~y, part, probability, qrule = "math", df = df),
              svymean(~y, part))
  row <- data.frame(indicator, category, base_n = sum(here), estimate = as.vector(coef(s)),
                    std_error = as.vector(SE(s)))
  theirs <<- rbind(theirs, row)
}

# TABLES

both <- merge(ours, theirs, by = c("indicator", "category"), suffixes = c("", "_r"), sort = FALSE)
print(both, digits = 6)
apart <- function(a, b)
  !(abs(a - b) <= 1e-9 * pmax(abs(a), abs(b)) + 1e-12 | (is.na(a) & is.na(b)))
wrong <- both[apart(both$estimate, both$estimate_r) | apart(both$std_error, both$std_error_r) |
                both$base_n != both$base_n_r, ]
if (nrow(wrong)) {
  print(wrong, digits = 15)
  stop(nrow(wrong), " of ", nrow(both), " estimates differ")
}
if (nrow(both) != nrow(ours)) stop(nrow(ours) - nrow(both), " estimates have no counterpart")
version <- format(packageVersion("survey"))
cat(nrow(both), "estimates and their standard errors agree, by survey", version, "\n")
