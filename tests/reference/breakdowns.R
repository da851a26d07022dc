# Tests between groups and differences of two groups by R's survey package.
# Run in tests/reference: Rscript breakdowns.R > breakdowns.csv
suppressPackageStartupMessages(library(survey))
options(digits = 17, scipen = 99, survey.lonely.psu = "fail", survey.replicates.mse = FALSE)
d <- read.csv("parents.csv", stringsAsFactors = FALSE, na.strings = "")
d$class <- paste(d$school_id, d$class_id)
d$sixth_form_year_group <- paste(d$sixth_form, d$year_group, sep = " & ")
d$helped_all <- ifelse(is.na(d$helped), "none", d$helped)
d$heard_helped <- ifelse(d$helped %in% "yes", d$heard, NA)
f <- read.csv("factors.csv")
columns <- function(start) d$w * as.matrix(f[match(d$school_id, f$school_id), grep(paste0("^", start, "_"), names(f))])
one_stage <- svydesign(ids = ~school_id, strata = ~school_type, weights = ~w, data = d)
designs <- list(
  simple = suppressWarnings(svydesign(ids = ~1, data = d)),
  stratified_fpc = svydesign(ids = ~1, strata = ~school_type, fpc = ~n_people, data = d),
  one_stage = one_stage,
  one_stage_fpc = svydesign(ids = ~school_id, strata = ~school_type, weights = ~w, fpc = ~n_schools, data = d),
  two_stage = svydesign(ids = ~school_id + class, strata = ~school_type, weights = ~w,
                        fpc = ~n_schools + n_classes, data = d),
  rep_brr_mse = svrepdesign(data = d, weights = ~w, combined.weights = TRUE, repweights = columns("brr"), type = "BRR", mse = TRUE),
  rep_boot = svrepdesign(data = d, weights = ~w, combined.weights = TRUE, repweights = columns("boot"), type = "bootstrap"),
  made_jkn = as.svrepdesign(one_stage, type = "JKn")
)
number <- function(x) if (is.na(x)) "" else sprintf("%.17g", x)
cat(sprintf("# %s, survey %s: svychisq(statistic = \"F\"), svyby(covmat = TRUE), svycontrast\n", R.version.string, packageVersion("survey")))
cat("what,design,indicator,category,domain,group,against,min_base,base_n,n_clusters,estimate,std_error,low,high,df1,df2,p\n")
put <- function(...) cat(paste(c(...), collapse = ","), "\n", sep = "")

association <- function(name, column, indicator, category, domain, min_base) {
  answered <- !is.na(d[[column]])
  count <- table(d[[domain]][answered])
  inside <- answered & d[[domain]] %in% names(count)[count >= min_base]
  t <- svychisq(as.formula(paste0("~", column, "+", domain)), designs[[name]][inside, ], statistic = "F")
  put("test", name, indicator, category, domain, "", "", min_base, sum(inside), length(unique(d$school_id[inside])),
      number(t$statistic), "", "", "", number(t$parameter[1]), number(t$parameter[2]), number(t$p.value))
}
difference <- function(name, indicator, category, domain, a, b) {
  base <- switch(indicator, hours = , hours_per_visit = !is.na(d$hours), source = TRUE, !is.na(d[[indicator]]))
  inside <- base & d[[domain]] %in% c(a, b)
  y <- switch(indicator, hours = , hours_per_visit = d$hours, source = as.numeric(d[[paste0("source_", category)]] == "yes"),
              as.numeric(d[[indicator]] == category))
  x <- if (indicator == "hours_per_visit") d$visits else rep(1, nrow(d))
  part <- update(designs[[name]], y = y, x = x)[inside, ]
  by <- svyby(~y, as.formula(paste0("~", domain)), part, svyratio, denominator = ~x, covmat = TRUE)
  if (indicator != "hours_per_visit") by <- svyby(~y, as.formula(paste0("~", domain)), part, svymean, covmat = TRUE)
  s <- svycontrast(by, setNames(c(1, -1), c(a, b)))
  df <- degf(part)
  ends <- confint(s, df = df)
  put("difference", name, indicator, category, domain, a, b, 1, sum(inside), length(unique(d$school_id[inside])),
      number(coef(s)), number(SE(s)), number(ends[1]), number(ends[2]), df, "", number(2 * pt(-abs(coef(s) / SE(s)), df)))
}
for (name in names(designs)) {
  for (domain in c("school_type", "sixth_form", "region", "year_group", "sixth_form_year_group"))
    association(name, "helped", "helped", "", domain, 1)
  association(name, "helped", "helped", "", "region", 60)
  association(name, "helped_all", "helped_all", "", "region", 1)
  association(name, "heard", "heard", "", "school_type", 1)
  association(name, "heard_helped", "heard@helped", "", "school_type", 1)
  for (option in c("a", "b", "c")) association(name, paste0("source_", option), "source", option, "sixth_form", 1)
  difference(name, "helped", "yes", "school_type", "sponsored", "maintained")
  difference(name, "helped", "partly", "sixth_form", "yes", "no")
  difference(name, "heard", "yes", "year_group", "y9", "y11")
  difference(name, "source", "b", "year_group", "y10", "y11")
  difference(name, "hours", "", "sixth_form", "yes", "no")
  difference(name, "hours_per_visit", "", "year_group", "y9", "y10")
}
