#include "sched/watch_internal.h"

#include <errno.h>
#include <linux/magic.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Not in every linux/magic.h. */
#define LUSTRE_MAGIC 0x0BD00BD0
#define VBOXSF_MAGIC 0x786F4256
#define PRL_MAGIC    0x7C7C6673

static int init(void *state, int flags)
{
    (void)state;
    return inotify_init1(flags);
}

static int add(void *state, int fd, const char *path, uint32_t mask)
{
    (void)state;
    return inotify_add_watch(fd, path, mask);
}

static int remove_watch(void *state, int fd, int wd)
{
    (void)state;
    return inotify_rm_watch(fd, wd);
}

static ssize_t read_some(void *state, int fd, void *to, size_t nbytes)
{
    (void)state;
    return read(fd, to, nbytes);
}

/* Those below can be changed by others than this machine, of which inotify learns nothing. */
static int has_events(void *state, int fd)
{
    (void)state;
    struct statfs st;
    if (fstatfs(fd, &st) != 0)
        return 1;
    switch ((uint32_t)st.f_type) {
    case NFS_SUPER_MAGIC:
    case CIFS_SUPER_MAGIC:
    case SMB2_SUPER_MAGIC:
    case SMB_SUPER_MAGIC:
    case V9FS_MAGIC:
    case FUSE_SUPER_MAGIC:
    case CEPH_SUPER_MAGIC:
    case AFS_SUPER_MAGIC:
    case AFS_FS_MAGIC:
    case CODA_SUPER_MAGIC:
    case NCP_SUPER_MAGIC:
    case OCFS2_SUPER_MAGIC:
    case LUSTRE_MAGIC:
    case VBOXSF_MAGIC:
    case PRL_MAGIC: return 0;
    default: return 1;
    }
}

const struct rsl_watch_calls rsl_watch_real_calls = {
    .init = init,
    .add = add,
    .remove = remove_watch,
    .read = read_some,
    .has_events = has_events,
};
