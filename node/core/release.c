#include "core/release.h"

static const struct release_info infos[] = {
#define RELEASE_RULE(name, holds, reads, text) {#name, text, holds, reads},
    RELEASE_RULES(RELEASE_RULE)
#undef RELEASE_RULE
};

const struct release_info *
release_info(enum release_rule rule)
{
    return &infos[rule];
}

uint64_t
release_holders(const struct store_log *log)
{
    return (log->readers | log->granted | log->carriers) & log->limit;
}

static enum release_rule
named(uint64_t bit, const struct store_log *log)
{
    if (((log->readers | log->granted | log->carriers) & bit) == 0)
        return RELEASE_not_listed;
    if ((log->limit & bit) == 0)
        return RELEASE_removed;
    if ((log->readers & bit) != 0)
        return RELEASE_reader;
    return (log->granted & bit) != 0 ? RELEASE_granted : RELEASE_carrier;
}

enum release_rule
release_rule(const char *reader, const struct store_log *log, const struct roster *roster)
{
    const struct roster_member *m;

    if (strcmp(reader, RELEASE_LOCAL) == 0)
        return log->audience[0] != '\0' ? RELEASE_local : RELEASE_unknown;
    m = roster_member(roster, reader);
    if (m == NULL || m->removed)
        return RELEASE_not_member;
    if (strcmp(reader, log->origin) == 0)
        return RELEASE_origin;
    if (strcmp(log->audience, "open") == 0)
        return RELEASE_open;
    if (log->audience[0] == '\0')
        return RELEASE_unknown;
    return named((uint64_t)1 << (m - roster->member), log);
}

bool
may_release(const char *reader, const struct store_log *log, const struct roster *roster)
{
    return infos[release_rule(reader, log, roster)].holds;
}
