#include "tools/page_allocator.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static bool is_mapped(size_t nbytes)
{
    return nbytes >= (size_t)128 * 1024;
}

static void *allocate(void *state, size_t nbytes)
{
    (void)state;
    if (!is_mapped(nbytes))
        return malloc(nbytes);
    void *ptr = mmap(NULL, nbytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return ptr != MAP_FAILED ? ptr : NULL;
}

static void release(void *state, void *ptr, size_t nbytes)
{
    (void)state;
    if (ptr != NULL && is_mapped(nbytes))
        (void)munmap(ptr, nbytes);
    else
        free(ptr);
}

static void *resize(void *state, void *ptr, size_t old_nbytes, size_t new_nbytes)
{
    if (ptr != NULL && is_mapped(old_nbytes) && is_mapped(new_nbytes)) {
        void *moved = mremap(ptr, old_nbytes, new_nbytes, MREMAP_MAYMOVE);
        return moved != MAP_FAILED ? moved : NULL;
    }
    if (!is_mapped(new_nbytes) && (ptr == NULL || !is_mapped(old_nbytes)))
        return realloc(ptr, new_nbytes);
    void *fresh = allocate(state, new_nbytes);
    if (fresh != NULL && ptr != NULL) {
        memcpy(fresh, ptr, old_nbytes < new_nbytes ? old_nbytes : new_nbytes);
        release(state, ptr, old_nbytes);
    }
    return fresh;
}

const struct rsl_allocator rsl_page_allocator = {allocate, resize, release, NULL};
