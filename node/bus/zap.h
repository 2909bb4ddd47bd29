/*
 * Our own ZAP handler (ZeroMQ RFC 27) in a thread of its own: a client key of the table is let in with the
 * node's name as User-Id and its key as Transport-Key; any other gets status 300 ("not now": its libzmq tries
 * again, after 400 it never would). A member that opens connections faster than a small budget is put off the
 * same way.
 */
#ifndef BUS_ZAP_H
#define BUS_ZAP_H

#include "bus/gatelink.h"

#define ZAP_KEY_PROPERTY "Transport-Key" /* of a received message: 64 hex digits */

struct zap;

/* Bind and start, before any other socket of ${context}. Lets nobody in yet. NULL with errno. */
struct zap *zap_new(void *context);
/* Who may connect from now on; every handshake answered after the return goes by it. */
void zap_set(struct zap *zap, const struct gatelink_peers *peers);
/* Handshakes refused so far. */
unsigned long zap_refused(const struct zap *zap);
void zap_free(struct zap *zap);

#endif
