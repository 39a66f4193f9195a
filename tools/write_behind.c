#include "tools/write_behind.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* So often it is looked how far the file has grown, and from so much on it is worth a request. */
static const long PAUSE_NS = 20000000;
static const off_t LEAST_NBYTES = 4 << 20;

/* False when it is to end. */
static bool pause_a_moment(struct rsl_write_behind *behind)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += PAUSE_NS;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&behind->lock);
    if (!behind->ends) /* waking for nothing does no harm */
        pthread_cond_timedwait(&behind->wake, &behind->lock, &until);
    const bool ends = behind->ends;
    pthread_mutex_unlock(&behind->lock);
    return !ends;
}

static void *write_behind(void *arg)
{
    struct rsl_write_behind *behind = arg;
    off_t done = 0;
    while (pause_a_moment(behind)) {
        struct stat st;
        if (fstat(behind->fd, &st) != 0 || st.st_size - done < LEAST_NBYTES)
            continue;
        /* Errors are noted with the file, and told by the sync at the end. */
        (void)sync_file_range(behind->fd, done, st.st_size - done, SYNC_FILE_RANGE_WRITE);
        done = st.st_size;
    }
    return NULL;
}

void rsl_write_behind_start(struct rsl_write_behind *behind, const char *path)
{
    behind->ends = false;
    behind->fd = open(path, O_WRONLY | O_CLOEXEC);
    if (behind->fd < 0)
        return;
    pthread_mutex_init(&behind->lock, NULL);
    pthread_cond_init(&behind->wake, NULL);
    behind->started = pthread_create(&behind->thread, NULL, write_behind, behind) == 0;
    if (!behind->started) {
        pthread_cond_destroy(&behind->wake);
        pthread_mutex_destroy(&behind->lock);
        close(behind->fd);
    }
}

void rsl_write_behind_stop(struct rsl_write_behind *behind)
{
    if (!behind->started)
        return;
    pthread_mutex_lock(&behind->lock);
    behind->ends = true;
    pthread_cond_signal(&behind->wake);
    pthread_mutex_unlock(&behind->lock);
    pthread_join(behind->thread, NULL);
    pthread_cond_destroy(&behind->wake);
    pthread_mutex_destroy(&behind->lock);
    close(behind->fd);
    behind->started = false;
}
