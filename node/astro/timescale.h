/*
 * Time systems of CCSDS messages (CCSDS 502.0-B-3 annex B3 and the SANA registry "Time Systems") to UTC. Leap seconds are those of
 * node/base/utc.c: as long as no later one was announced there, UTC after its table counts with TAI - UTC = 37 s.
 */
#ifndef ASTRO_TIMESCALE_H
#define ASTRO_TIMESCALE_H

#include "base/utc.h"

enum timescale_error {
    TIMESCALE_DONE,
    TIMESCALE_UNKNOWN, /* not a registered time system */
    TIMESCALE_PRIVATE, /* MET, MRT, SCLK: only the partners know its zero and its rate */
    TIMESCALE_ANGLE,   /* GMST is an angle: the same value comes back every day */
    TIMESCALE_NO_DUT1, /* UT1, and UT1 - UTC was not given */
    TIMESCALE_EARLY,   /* before 1972 UTC was no whole number of seconds from TAI */
    TIMESCALE_NO_TIME  /* no such time in this system: it has no leap second, or the year is out of range */
};

/*
 * ${given} is what the calendar of ${system} showed, as utc_parse() reads it; ${dut1_s} is UT1 - UTC in seconds, wanted for UT1
 * only, NULL when it is not known. Sets ${out} and returns TIMESCALE_DONE, or the reason why not.
 *
 *   UTC  as it is
 *   GLONASST  UTC + 3 h (its 02:59:60 is not read)
 *   TAI; TT = TAI + 32.184 s; GPS, GALILEO (GST), QZSST, NAVIC (IRNWT) = TAI - 19 s; BDT = TAI - 33 s: exact
 *   TCG  from TT by L_G (IAU 2000 resolution B1.9), to 1 ns
 *   TDB, TCB  for the centre of the Earth (ERFA eraDtdb, eraTcbtdb), rounded to 1 us, so that every computer finds the same
 *   UT1  UTC + ${dut1_s}, rounded to 1 us
 *
 * Upper and lower case are the same.
 */
enum timescale_error timescale_utc(struct utc given, struct span system, const double *dut1_s,
                                   struct utc *out);

/* In words. */
const char *timescale_error_text(enum timescale_error error);

/* Seconds of SI between two instants of UTC, ${a} - ${b}, leap seconds counted (from 1972 on). */
double timescale_elapsed_s(struct utc a, struct utc b);

#endif
