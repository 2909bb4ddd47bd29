/* verify, of a public alert: its XML signature. */
#ifndef CLI_VERIFY_ALERT_H
#define CLI_VERIFY_ALERT_H

#include "base/span.h"
#include "cli/args.h"

bool verify_alert_is(struct span file);
/* Read it as CAP, check its signature against --trust, and say what it is. An exit code. */
int verify_alert(const struct args *a, struct span file);

#endif
