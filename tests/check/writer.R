# writer.R: for the vectors_*.R. A file of tests/vectors is a list of records "name count value...", read in order; a
# comment runs from # to the end of its line.
writer <- function(name, source) {
    out <- file(file.path("tests/vectors", name), "w")
    comment <- function(...) cat("# ", ..., "\n", sep = "", file = out)
    comment("made by: Rscript tests/check/", source)
    list(comment = comment,
         record = function(name, values, digits = 15) {
             words <- ifelse(is.na(values), "nan", sprintf("%.*g", digits, as.numeric(values)))
             cat(strwrap(paste(c(name, length(values), words), collapse = " "), 110), sep = "\n", file = out)
         },
         close = function() close(out))
}
