/* git_excludes.h - where git keeps the ignore rules that a user has for all repositories. */
#ifndef RSL_SCHED_GIT_EXCLUDES_H
#define RSL_SCHED_GIT_EXCLUDES_H

#include "ds/ds.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The path of that file, to be given to the walker: core.excludesFile as ~/.gitconfig has it, else
 * as git/config in the user's configuration folder has it, else git/ignore in that folder. The file
 * need not be there. `home` is $HOME, `config_home` $XDG_CONFIG_HOME; each may be NULL or empty.
 * A leading ~/ in the setting is `home`; included configuration files, the system's and the
 * repository's own are not read, nor is ~user known.
 * *path_out: for the caller to release, strlen + 1 bytes; NULL if there is none. Returns RSL_OK or
 * RSL_ENOMEM. A configuration file that cannot be read counts as empty. Any thread.
 * Format: git-config(1), "CONFIGURATION FILE". */
enum rsl_status rsl_git_excludes_path(const char *home, const char *config_home,
                                      const struct rsl_allocator *allocator, char **path_out);

/* The last value of core.excludesFile in the text of a configuration file, or NULL. It lies in
 * text[0..nbytes], which is changed, and ends with a NUL; text[nbytes] must be writable. */
const char *rsl_git_excludes_setting(char *text, size_t nbytes);

#ifdef __cplusplus
}
#endif

#endif
