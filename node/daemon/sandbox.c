#include "daemon/sandbox.h"
#include "daemon/role.h"
#include "base/log.h"
#include "plug/shipped.h"
#include "watch/borders_find.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Refused to every role: what turns a broken-into role into a foothold. EPERM, so that a library that asks
 * can go on without. */
static const int never[] = {
#define DENY(call) SCMP_SYS(call),
#include "plug/confine.tbl"
#undef DENY
};

/* The same to every role but plug, which starts programs and ends them. */
static const int starting[] = {
    SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(kill),
};

/*
 * Sockets of these families may be made: signer and seal make none at all. The gate makes no UNIX sockets, so that, broken into, it cannot
 * call the signer or the api: core calls it, on a socket that it inherits.
 */
static const struct {
    const char *role;
    int family[4]; /* 0 ends */
} sockets[] = {
    {"sign", {0}},
    {"seal", {0}},
    {"core", {1 /* AF_UNIX */, 0}},
    {"watch", {1 /* AF_UNIX */, 0}},
    {"feed", {1 /* AF_UNIX */, 0}}, /* it listens on what it inherits */
    {"gate", {2 /* AF_INET */, 10 /* AF_INET6 */, 16 /* AF_NETLINK: libzmq asks for interfaces */}},
    {"plug", {1, 0}},
    {"plug-network", {1, 2, 10, 16}}, /* a filter lasts: what a plugin may, its parent may */
};

static int
allow_sockets(scmp_filter_ctx ctx, const char *role)
{
    int rc = 0;

    for (size_t i = 0; i < sizeof(sockets) / sizeof(*sockets); i++) {
        const int *f = sockets[i].family;
        uint64_t from = 0;
        if (strcmp(sockets[i].role, role) != 0)
            continue;
        /* Refuse the gaps between the families that are allowed; they stand in order. */
        for (size_t k = 0; k < 4 && f[k] != 0; k++) {
            for (uint64_t family = from; family < (uint64_t)f[k] && rc == 0; family++)
                rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
                                      SCMP_A0(SCMP_CMP_EQ, family));
            from = (uint64_t)f[k] + 1;
        }
        if (rc == 0)
            rc =
                seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_GE, from));
    }
    return rc;
}

enum { SIGN = 1, CORE = 2, GATE = 4, SEAL = 8, PLUG = 16, WATCH = 32, FEED = 64, ALL = 127 };

static const struct {
    const char *name;
    unsigned bit;
} roles[] = {{"sign", SIGN}, {"core", CORE}, {"gate", GATE},         {"watch", WATCH},
             {"seal", SEAL}, {"plug", PLUG}, {"plug-network", PLUG}, {"feed", FEED}};

static unsigned
bit_of(const char *role)
{
    for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++) {
        if (strcmp(roles[i].name, role) == 0)
            return roles[i].bit;
    }
    return 0;
}

static int
filter(const char *role)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
    int rc = ctx == NULL ? -ENOMEM : 0;

    for (size_t i = 0; i < sizeof(never) / sizeof(*never) && rc == 0; i++)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), never[i], 0);
    for (size_t i = 0; i < sizeof(starting) / sizeof(*starting) && rc == 0 && bit_of(role) != PLUG; i++)
        rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), starting[i], 0);
    if (rc == 0)
        rc = allow_sockets(ctx, role);
    if (rc == 0)
        rc = seccomp_load(ctx);
    if (ctx != NULL)
        seccomp_release(ctx);
    return rc;
}

#define ALL_FILE_ACCESS ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

/* To move a file between two folders: newer than the headers of Debian 12 (ABI 2). Who does not ask for it is refused it, and all that it starts. */
#define REFER (UINT64_C(1) << 13)

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

/* The files within reach of a role: what libraries read, and the node's directory. Of that gate has its one key, and seal its present and old ones (landlock()). */
static const struct {
    unsigned roles;
    const char *path;
    uint64_t access;
} paths[] = {
    {SIGN | CORE, ".", ALL_FILE_ACCESS & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE},
    {ALL, "/etc", READ},
    {ALL, "/usr", READ | LANDLOCK_ACCESS_FS_EXECUTE},
    {ALL, "/dev", READ | LANDLOCK_ACCESS_FS_WRITE_FILE},
    {SIGN | CORE | SEAL | PLUG, "/proc", READ},
    {PLUG, "/bin", READ | LANDLOCK_ACCESS_FS_EXECUTE}, /* where they are no links into /usr */
    {PLUG, "/lib", READ | LANDLOCK_ACCESS_FS_EXECUTE},
    {PLUG, "/lib64", READ | LANDLOCK_ACCESS_FS_EXECUTE},
    {PLUG, "/opt", READ | LANDLOCK_ACCESS_FS_EXECUTE},
    {GATE | PLUG, "/run/systemd/resolve", READ}, /* where /etc/resolv.conf may lead */
    {WATCH, "rules.yaml", LANDLOCK_ACCESS_FS_READ_FILE},
};

/* Paths that are not there need no rule. */
static int
reach(int set, const char *path, uint64_t access)
{
    struct landlock_path_beneath_attr beneath = {.allowed_access = access};
    int rc;

    beneath.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (beneath.parent_fd < 0)
        return 0;
    rc = (int)syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
    close(beneath.parent_fd);
    return rc;
}

/* A plugin that comes with the node, and stands elsewhere than in the system's folders. */
static int
reach_shipped(void *cookie, const char *path)
{
    return reach(*(const int *)cookie, path, LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE);
}

/* 1 when the kernel cannot. */
static int
landlock(const char *role, const struct conf *conf)
{
    int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION), set,
        rc = 0;
    uint64_t refer = abi >= 2 && bit_of(role) == PLUG ? REFER : 0;
    struct landlock_ruleset_attr attr = {.handled_access_fs = ALL_FILE_ACCESS | refer};
    char key[512], borders[BORDERS_PATH_MAX];

    set = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

    if (set < 0)
        return 1;
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths) && rc == 0; i++) {
        if ((paths[i].roles & bit_of(role)) != 0)
            rc = reach(set, paths[i].path, paths[i].access);
    }
    for (size_t i = 0; i < LIMIT_WRAP_KEY_COUNT && rc == 0 && (bit_of(role) & (GATE | SEAL)) != 0; i++) {
        snprintf(key, sizeof(key), "%s/%s.key", conf->keys,
                 bit_of(role) == GATE ? "transport" : role_wrap_keys[i]);
        rc = reach(set, key, LANDLOCK_ACCESS_FS_READ_FILE);
    }
    if (rc == 0 && bit_of(role) == WATCH && borders_find_path(NULL, borders) > 0)
        rc = reach(set, borders, LANDLOCK_ACCESS_FS_READ_FILE);
    if (rc == 0 && bit_of(role) == PLUG)
        rc = reach(set, conf->plugins, ALL_FILE_ACCESS | refer);
    if (rc == 0 && bit_of(role) == PLUG)
        rc = shipped_each(reach_shipped, &set);
    if (rc == 0)
        rc = (int)syscall(SYS_landlock_restrict_self, set, 0);
    close(set);
    return rc == 0 ? 0 : 1;
}

int
sandbox_enter(const char *role, const struct conf *conf)
{
    int rc;

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        log_event(EV_role_failed, "what=\"no_new_privs: %s\"", strerror(errno));
        return -1;
    }
    if (landlock(role, conf) != 0)
        log_event(EV_sandbox_partial, "role=%s what=landlock", role);
    if ((rc = filter(role)) != 0) {
        log_event(EV_role_failed, "what=\"seccomp: %s\"", strerror(-rc));
        return -1;
    }
    return 0;
}
