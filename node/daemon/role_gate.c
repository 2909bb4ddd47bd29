/* The gate role: the transport key and the sockets, nothing else. */
#include "bus/gate.h"
#include "base/log.h"
#include "daemon/role.h"
#include <stdio.h>

int
role_gate(const struct role_args *args)
{
    struct gate_args gate = {.listen_fd = args->listen_gate, .ready_fd = args->ready_fd, .stop_fd = -1};
    struct secret *transport;
    struct why why;
    char path[512];
    int rc;

    why_clear(&why);
    snprintf(path, sizeof(path), "%s/transport.key", args->conf->keys);
    transport = secret_load("transport", path, &why);
    if (transport == NULL) {
        log_event(EV_role_failed, "what=\"%s: %s\"", path, why.note);
        return 1;
    }
    gate.transport = transport;
    rc = gate_run(&gate);
    secret_free(transport);
    return rc == 0 ? 0 : 1;
}
