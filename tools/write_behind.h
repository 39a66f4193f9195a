/* write_behind.h - has a file that grows written to the disk while it grows, so that there is
 * little left to be waited for when it is synced. Only a hint: nothing is durable before that. */
#ifndef RSL_TOOLS_WRITE_BEHIND_H
#define RSL_TOOLS_WRITE_BEHIND_H

#include <pthread.h>
#include <stdbool.h>

/* Its fields are its own. All zero is one that was not started. It must stay where it is. */
struct rsl_write_behind {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    int fd;
    bool started, ends; /* ends: guarded by lock */
};

/* Begins with the file at `path`, on a thread of its own. Without one, or without such a file, it
 * does nothing. */
void rsl_write_behind_start(struct rsl_write_behind *behind, const char *path);

/* Ends it; what has been begun goes on. Not while the process has POSIX locks on the file, which
 * end with any descriptor of it. */
void rsl_write_behind_stop(struct rsl_write_behind *behind);

#endif
