/* Memory whose size WE decide: failure is an abort nobody handles. What input decides comes from arena or buf. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

void *mem_new(size_t n);             /* zeroed; aborts on failure */
void *mem_resize(void *p, size_t n); /* aborts on failure */
char *mem_strdup(const char *s);
/* Make the k-th allocation of buf, arena and mem_try on this thread fail, once, counted from now (0 = none): tests only. */
void mem_fail_at(unsigned long k);
void *mem_try(size_t n); /* not zeroed; NULL on failure */

#endif
