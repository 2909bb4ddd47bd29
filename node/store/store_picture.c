/* The picture once more. The thread that owns the handle. */
#include "store/store_internal.h"

static int
unmake(struct store *s)
{
    static const enum sql drop[] = {SQL_PICTURE_EVENT,   SQL_PICTURE_STANDING, SQL_PICTURE_SCOPE_OBJECT,
                                    SQL_PICTURE_SUBJECT, SQL_PICTURE_ALIAS,    SQL_PICTURE_ALIAS_DUE,
                                    SQL_PICTURE_OBJECT,  SQL_PICTURE_NEWEST,   SQL_MEMBER_MAKE_STALE};

    store_newest_clear(s);
    store_cache_clear(s);
    store_alias_clear(s);
    for (size_t i = 0; i < sizeof drop / sizeof *drop; i++) {
        if (store_run(s, store_stmt(s, drop[i])) != 0)
            return -1;
    }
    return store_meta_set(s, STORE_REBUILD_MARK, span_str("1"));
}

int
store_picture_unmake(struct store *s)
{
    bool opened;
    int rc = store_enter(s, &opened);

    if (rc == 0)
        rc = unmake(s);
    return store_leave(s, opened, rc);
}

int
store_picture_remade(struct store *s)
{
    bool opened;
    int rc = store_enter(s, &opened);

    if (rc == 0)
        rc = store_event_settle(s);
    if (rc == 0)
        rc = store_meta_delete(s, STORE_REBUILD_MARK);
    return store_leave(s, opened, rc);
}
