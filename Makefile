# predscale: make, make demo, make test; make help names the rest. Everything is built under build/.
# CC, CFLAGS, CPPFLAGS, LDFLAGS, PREFIX and DESTDIR are honoured, from the environment too.

VERSION = 0.1.0
SONAME  = libpredscale.so.0
ifeq ($(origin CFLAGS),undefined)
CFLAGS  = -O2
TESTED  = -O1       # programs that include a source: half the time to compile
endif
FUZZ_SECONDS ?= 20

PREFIX     ?= /usr/local
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
INSTALL    ?= install

B       = build
SHARED  = ../shared
LIB     = $(B)/libpredscale.a
SO      = $(B)/libpredscale.so.$(VERSION)
SOURCES = predscale.c forecast.c partition.c
UNITS   = kernels tracker forecast ets arima theta additive gru calendar fleet recorded nodes failure thresholds silence states partition personas \
          split echo map transfer scaling json control
BENCHES = forecast instability plan plan_scale echo split scale speed
MODELS  = echo transfer
POLICIES = beats route loop
FUZZERS = load_raw load_repaired node failure tracker forecast series calendar fleet rank plan plan_flap personas split echo map transfer \
          json scaling control
HEADERS = tests/test.h tests/blocks.h tests/saved.h tests/series.h tests/vectors/read.h tests/unit/plan_check.h tests/unit/worlds.h \
          tests/unit/models.h
TESTS   = $(UNITS:%=$(B)/unit/%) $(B)/unit/header $(B)/model/transfer

# What the build itself needs comes first, so that the caller's flags win.
COMPILE = $(CC) -std=c99 -Wall -Wextra -pedantic -I. $(CPPFLAGS) $(CFLAGS)
PUBLIC  = -fPIC -fvisibility=hidden -DPSC_API='__attribute__((visibility("default")))'
TESTING = $(COMPILE) $(TESTED) -Itests

.SUFFIXES:
.DELETE_ON_ERROR:
.PHONY: all demo tests models test check bench fuzz examples golden redis amalgamation install uninstall clean help

all: $(LIB) $(B)/libpredscale.so

$(B)/%.o: %.c predscale.h Makefile
	@mkdir -p $(@D)
	$(COMPILE) -c $< -o $@

$(B)/%.pic.o: %.c predscale.h Makefile
	@mkdir -p $(@D)
	$(COMPILE) $(PUBLIC) -c $< -o $@

$(LIB): $(SOURCES:%.c=$(B)/%.o)
	@rm -f $@
	$(AR) rcs $@ $^

$(SO): $(SOURCES:%.c=$(B)/%.pic.o)
	$(COMPILE) -shared -Wl,-soname,$(SONAME) $(LDFLAGS) -o $@ $^ -lm

$(B)/libpredscale.so: $(SO)
	ln -sf $(<F) $(B)/$(SONAME)
	ln -sf $(SONAME) $@

$(B)/%: examples/%.c $(LIB)
	$(COMPILE) $(LDFLAGS) -o $@ $< $(LIB) -lm

$(B)/unit/header: tests/header.c $(HEADERS) $(LIB)
	@mkdir -p $(@D)
	$(TESTING) $(LDFLAGS) -o $@ $< $(LIB) -lm

$(B)/unit/%: tests/unit/%.c $(HEADERS) $(LIB)
	@mkdir -p $(@D)
	$(TESTING) $(LDFLAGS) -o $@ $< $(LIB) -lm

# The model has partition.c in it, the other two from the library.
$(B)/model/%: tests/model/%.c partition.c $(HEADERS) $(LIB)
	@mkdir -p $(@D)
	$(TESTING) $(LDFLAGS) -o $@ $< $(B)/predscale.o $(B)/forecast.o -lm

$(B)/golden: tests/golden/driver.c $(LIB)
	$(COMPILE) $(LDFLAGS) -o $@ $< $(LIB) -lm

# Policies contain the library; the scorers' headers are in $(SHARED).
$(B)/bench/%.so: tests/bench/%.c $(SOURCES) predscale.h
	@mkdir -p $(@D)
	$(COMPILE) -fPIC -shared -I$(SHARED)/score $(LDFLAGS) -o $@ $< $(SOURCES) -lm

$(B)/bench/%: tests/bench/%.c $(LIB)
	@mkdir -p $(@D)
	$(COMPILE) $(LDFLAGS) -o $@ $< $(LIB) -lm

demo: $(B)/demo             ## forecast, instability, plan and waves on recorded telemetry; also build/demo.svg
	$(B)/demo examples/data $(B)/demo.svg

tests: $(TESTS) $(B)/golden

models: $(MODELS:%=$(B)/model/%)

test: all tests examples    ## unit tests, examples, README, golden digest; under a minute
	@B=$(B) NO_CTYPES=$(NO_CTYPES) sh tests/check/test.sh $(TESTS)

check:                      ## all tests under sanitizers and valgrind; the gates of ../shared/tools
	@SHARED=$(SHARED) bash tests/check/check.sh

bench: $(BENCHES:%=$(B)/bench/%)        ## the programs that the scorers of ../shared/score run
	@[ ! -d $(SHARED)/score ] || $(MAKE) $(POLICIES:%=$(B)/bench/%.so)
	@[ -d $(SHARED)/score ] || echo "bench: no $(SHARED)/score: the programs are built, policies are left out"

fuzz:                       ## each target of tests/fuzz for FUZZ_SECONDS (20), needs clang and ../shared
	@SHARED=$(SHARED) bash tests/check/fuzz.sh $(FUZZ_SECONDS) $(FUZZERS)

examples: $(B)/first $(B)/demo $(B)/fan $(B)/plan $(B)/assign $(B)/hotkeys $(B)/autoscale $(B)/loop $(B)/controller          ## the programs of examples/

golden: $(B)/golden         ## writes the digests of this build; look at the difference before you keep it
	$(B)/golden > tests/golden/expected.txt

redis: $(B)/redis-client $(B)/redis-controller  ## examples/redis-cluster, needs hiredis and redis-server; then its run.sh

$(B)/redis-%: examples/redis-cluster/%.c examples/redis-cluster/redis.h $(LIB)
	$(COMPILE) -D_POSIX_C_SOURCE=200809L $(LDFLAGS) -o $@ $< $(LIB) -lhiredis -lm

amalgamation: $(B)/predscale_all.o      ## the library as one file, build/predscale_all.c

# The header in front, where its include guards meet the sources' own includes.
$(B)/predscale_all.c: predscale.h $(SOURCES) Makefile
	@mkdir -p $(@D)
	( echo '#define PSC_INTERNAL'; cat predscale.h; sed '/^#include "predscale.h"/d' $(SOURCES) ) > $@

$(B)/predscale_all.o: $(B)/predscale_all.c
	$(COMPILE) -c $< -o $@

install: all                ## header, libraries and predscale.pc under DESTDIR and PREFIX
	$(INSTALL) -d $(DESTDIR)$(INCLUDEDIR) $(DESTDIR)$(LIBDIR)/pkgconfig
	$(INSTALL) -m 644 predscale.h $(DESTDIR)$(INCLUDEDIR)
	$(INSTALL) -m 644 $(LIB) $(DESTDIR)$(LIBDIR)
	$(INSTALL) -m 755 $(SO) $(DESTDIR)$(LIBDIR)
	ln -sf $(notdir $(SO)) $(DESTDIR)$(LIBDIR)/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/libpredscale.so
	printf '%s\n' 'prefix=$(PREFIX)' 'includedir=$(INCLUDEDIR)' 'libdir=$(LIBDIR)' '' 'Name: predscale' \
	    'Description: telemetry in, decisions out, before things go wrong' 'Version: $(VERSION)' \
	    'Cflags: -I$${includedir}' 'Libs: -L$${libdir} -lpredscale' 'Libs.private: -lm' \
	    > $(DESTDIR)$(LIBDIR)/pkgconfig/predscale.pc

uninstall:                  ## removes what install has written
	rm -f $(DESTDIR)$(INCLUDEDIR)/predscale.h $(DESTDIR)$(LIBDIR)/libpredscale.a $(DESTDIR)$(LIBDIR)/libpredscale.so \
	    $(DESTDIR)$(LIBDIR)/$(SONAME) $(DESTDIR)$(LIBDIR)/$(notdir $(SO)) $(DESTDIR)$(LIBDIR)/pkgconfig/predscale.pc

clean:                      ## removes build/
	rm -rf $(B)

help:                       ## this text
	@echo "make             $(LIB) and $(B)/libpredscale.so"
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/make \1 \2/p' Makefile | awk '{ t = $$2; $$1 = $$2 = ""; printf "make %-12s%s\n", t, substr($$0, 2) }'
