/* read.h - reads the files of tests/vectors: records "name count value...", comments from # to the end of the line. */
#ifndef PSC_VECTORS_READ_H
#define PSC_VECTORS_READ_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Next word, of at most 39 characters; 0 at the end of the file. */
static inline int vector_word(FILE *file, char *word)
{
    while (fscanf(file, "%39s", word) == 1) {
        int c;
        if (word[0] != '#') return 1;
        while ((c = getc(file)) != '\n' && c != EOF) continue;
    }
    return 0;
}

/* The next record, which must have this name and at most `most` values: how many it has, -1 at the end of the file. A
 * file that is not as it should be ends the program: no test could go on. */
static inline long vector_record(FILE *file, const char *name, double *value, long most)
{
    char word[40];
    long n, i;

    if (!vector_word(file, word)) return -1;
    if (strcmp(word, name) != 0 || !vector_word(file, word) || (n = strtol(word, NULL, 10)) < 0 || n > most) {
        fprintf(stderr, "tests/vectors: \"%s\" where \"%s\" should be, or too many values\n", word, name);
        exit(2);
    }
    for (i = 0; i < n; i++) {
        if (!vector_word(file, word)) exit(2);
        value[i] = word[0] == 'n' ? (double)NAN : strtod(word, NULL);
    }
    return n;
}

static inline FILE *vector_open(const char *path)
{
    FILE *file = fopen(path, "r");

    if (!file) {
        fprintf(stderr, "%s: not found; tests run at the top of the checkout\n", path);
        exit(2);
    }
    return file;
}

#endif
