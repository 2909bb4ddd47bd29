/* What the supervisor gives a role, and the roles themselves. */
#ifndef DAEMON_ROLE_H
#define DAEMON_ROLE_H

#include "base/limit.h"
#include "conf/conf.h"

/* Listening UNIX sockets, relative to the node's directory; the supervisor binds them once, so that a
 * restarted role keeps them. */
#define ROLE_GATE_SOCKET "run/gate.sock" /* the core connects to the gate */
#define ROLE_SIGN_SOCKET "run/sign.sock" /* the core connects to the signer */
#define ROLE_SEAL_SOCKET "run/seal.sock" /* the core connects to the seal role */
#define ROLE_API_SOCKET  "run/api.sock"  /* local programs connect to the core */

struct role_args {
    const struct conf *conf;
    const char *dir;                                       /* the node's directory; the process is in it */
    int listen_gate, listen_sign, listen_seal, listen_api; /* -1 where the role has none */
    int ready_fd;                                          /* role_ready() writes to it */
    int listen_feed, listen_loopback;                      /* of the feed */
    const char *boot;                                      /* 32 hex digits, new at each start of the node */
};

#define ROLE_AGAIN 75 /* exit status of a role that wants to be started again at once (EX_TEMPFAIL) */

/* Files of wrap keys in the folder of the keys, without ".key": the present one, and old ones that open what was sealed before. */
extern const char *const role_wrap_keys[LIMIT_WRAP_KEY_COUNT];

/* Tell the supervisor, once, that the role serves. */
void role_ready(const struct role_args *args);

/* Each runs until it fails; what it returns is the exit status. */
typedef int role_fn(const struct role_args *args);
int core_run(const struct role_args *args);
int role_gate(const struct role_args *args);
int role_sign(const struct role_args *args);
int role_seal(const struct role_args *args);
int role_watch(const struct role_args *args);
int role_plug(const struct role_args *args);
int role_feed(const struct role_args *args);

/* Under which name of sandbox.c the role confines itself; plug reads for that what its plugins need, and makes their folder. */
const char *role_sandbox(const char *role, const struct conf *conf);
/* role_plug.c */
const char *role_plug_sandbox(const struct conf *conf);

#endif
