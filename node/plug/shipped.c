#include "plug/shipped.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PREFIX "parallax-plugin-"

static const char *const folders[] = {"/../libexec/parallax", ""};

bool
shipped_is_name(const char *command)
{
    return strncmp(command, PREFIX, strlen(PREFIX)) == 0 && strchr(command, '/') == NULL;
}

/* The folder of the program that runs; "" when the kernel does not tell. */
static void
own_folder(char out[PATH_MAX])
{
    ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - 1);
    char *slash;

    out[n > 0 ? n : 0] = '\0';
    slash = strrchr(out, '/');
    if (slash != NULL)
        *slash = '\0';
}

bool
shipped_find(const char *command, char path[PATH_MAX])
{
    char own[PATH_MAX];

    if (!shipped_is_name(command))
        return false;
    own_folder(own);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        int n = snprintf(path, PATH_MAX, "%s%s/%s", own, folders[i], command);
        if (n > 0 && n < PATH_MAX && access(path, X_OK) == 0)
            return true;
    }
    return false;
}

int
shipped_each(int (*fn)(void *cookie, const char *path), void *cookie)
{
    char own[PATH_MAX], path[PATH_MAX];
    int rc = 0;

    own_folder(own);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0] && rc == 0; i++) {
        DIR *folder;
        struct dirent *entry;
        int n = snprintf(path, sizeof path, "%s%s", own, folders[i]);
        folder = n > 0 && n < PATH_MAX ? opendir(path) : NULL;
        while (folder != NULL && rc == 0 && (entry = readdir(folder)) != NULL) {
            n = snprintf(path, sizeof path, "%.3000s%s/%.255s", own, folders[i], entry->d_name);
            if (shipped_is_name(entry->d_name) && n > 0 && n < PATH_MAX)
                rc = fn(cookie, path);
        }
        if (folder != NULL)
            closedir(folder);
    }
    return rc;
}
