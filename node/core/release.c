#include "core/release.h"

bool
may_release(const char *reader, const struct store_log *log, const struct roster *roster)
{
    if (strcmp(reader, RELEASE_LOCAL) == 0)
        return log->audience[0] != '\0';
    if (!roster_is_current(roster, reader))
        return false;
    if (strcmp(reader, log->origin) == 0)
        return true;
    return strcmp(log->audience, "open") == 0;
}
