/* The two clocks of the system, for adapters and programs: nothing pure asks what time it is. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/utc.h"

int64_t clock_mono_ms(void); /* monotonic, milliseconds; stands still while the machine is suspended */
int64_t clock_mono_us(void); /* the same in microseconds */
struct utc clock_utc(void);  /* the wall clock */

#endif
