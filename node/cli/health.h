/* What is not well with a node, in words, from its status. */
#ifndef CLI_HEALTH_H
#define CLI_HEALTH_H

#include "api.pb-c.h"
#include "base/buf.h"

#define HEALTH_STALE_MS 90000 /* DESIGN section 1.4 */

/* Call ${say} once a problem, the gravest kinds first. Returns how many there are. */
typedef void health_fn(void *cookie, const char *problem);
size_t health_check(const Parallax__V1__StatusAnswer *s, health_fn *say, void *cookie);

bool health_peer_up(const Parallax__V1__PeerStatus *p);
/* "up", "alert lane only", or its state in words. */
void health_peer(const Parallax__V1__PeerStatus *p, struct buf *out);
/* Name of a log for people: its series, or the beginning of its id. */
void health_log_name(const Parallax__V1__LogStatus *log, struct buf *out);

#endif
