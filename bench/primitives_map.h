/* primitives_map.h - the loops over maps from paths to 64-bit values.
 *
 * The keys come from a file that bench/primitives writes: its first half is stored, in the file's
 * order, which is that of a walk; its second half is looked up in vain. What is looked up or
 * removed is another copy of the keys' bytes, in another order, as when a key has just been read
 * from somewhere: so a hit compares with bytes that are not at hand.
 *
 * A map is made with the number of entries to expect, 0 if it has to grow, and the number of
 * threads that will use it. Each of them makes a worker of it:
 *
 *     bool insert(key, value)    if there is none: the key's bytes are gone after the call
 *     bool find(key, value &)
 *     bool remove(key)
 *     uint64_t sum()             of all values: visits every entry
 *
 * All hash with XXH3-64, and compare whole keys. Whoever keeps views of keys instead of keys has
 * them in a key_arena, the cheapest owner there is.
 */
#ifndef RSL_BENCH_PRIMITIVES_MAP_H
#define RSL_BENCH_PRIMITIVES_MAP_H

#include <malloc.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string_view>

#include "bench/primitives.h"

/* Copies of keys, one behind the other. */
class key_arena
{
  public:
    std::string_view keep(std::string_view key)
    {
        if (key.size() > nfree) {
            nfree = std::max(chunk_nbytes, key.size());
            next = static_cast<char *>(malloc(nfree));
            check(next != nullptr, "there is memory");
        }
        char *const at = next;
        memcpy(at, key.data(), key.size());
        next += key.size();
        nfree -= key.size();
        return {at, key.size()};
    }
    /* The maps are used until the program ends, and so are the keys. */

  private:
    static constexpr size_t chunk_nbytes = 64 << 10;
    char *next = nullptr;
    size_t nfree = 0;
};

class key_set
{
  public:
    std::vector<std::string_view> stored;  /* in the order of a walk; the value is the index */
    std::vector<std::string_view> present; /* the same in another order, other bytes */
    std::vector<uint32_t> value_of;        /* of present[i] */
    std::vector<std::string_view> absent;

    explicit key_set(const std::string &path)
    {
        std::ifstream file(path, std::ios::binary);
        text.assign(std::istreambuf_iterator<char>(file), {});
        for (size_t off = 0; off < text.size();) {
            const size_t end = text.find('\n', off);
            check(end != std::string::npos, "the file of keys ends with a line");
            absent.emplace_back(text.data() + off, end - off);
            off = end + 1;
        }
        check(absent.size() >= 2 && absent.size() % 2 == 0, "the file holds keys of two kinds");
        const size_t n = absent.size() / 2;
        stored.assign(absent.begin(), absent.begin() + static_cast<std::ptrdiff_t>(n));
        absent.erase(absent.begin(), absent.begin() + static_cast<std::ptrdiff_t>(n));

        for (size_t i = 0; i < n; i++)
            value_of.push_back(static_cast<uint32_t>(i));
        random_numbers random(1);
        for (size_t i = n - 1; i > 0; i--) {
            const size_t k = random.below(i + 1);
            std::swap(value_of[i], value_of[k]);
            std::swap(absent[i], absent[random.below(i + 1)]);
        }
        present = copy_of(n, [&](size_t i) { return stored[value_of[i]]; });
        absent = copy_of(n, [&](size_t i) { return absent[i]; });
    }
    key_set(const key_set &) = delete;
    key_set &operator=(const key_set &) = delete;

    size_t size() const
    {
        return stored.size();
    }

  private:
    std::string text;
    std::vector<std::unique_ptr<char[]>> copies;

    template <class Key> std::vector<std::string_view> copy_of(size_t n, Key key)
    {
        size_t nbytes = 0;
        for (size_t i = 0; i < n; i++)
            nbytes += key(i).size();
        char *next = copies.emplace_back(std::make_unique<char[]>(nbytes)).get();
        std::vector<std::string_view> keys;
        for (size_t i = 0; i < n; i++) {
            const std::string_view from = key(i);
            keys.emplace_back(next, from.size());
            next = std::copy(from.begin(), from.end(), next);
        }
        return keys;
    }
};

/* The part of 0..n that thread `i` works on. */
struct share {
    size_t begin, end;
    share(size_t n, unsigned i, unsigned nthreads)
        : begin(n * i / nthreads), end(n * (i + 1) / nthreads)
    {
    }
};

template <class Map> struct map_loops {
    const measuring &run;
    key_set keys;
    unsigned nthreads;

    map_loops(const measuring &which, unsigned nworkers)
        : run(which), keys(which.size), nthreads(nworkers)
    {
    }

    /* Runs work(worker, i) on each thread; the making of the workers is not timed. */
    template <class Work> double run_workers(Map &map, Work work)
    {
        return run_threads(
            nthreads, [&](unsigned) { return std::make_unique<typename Map::worker>(map); },
            [&](unsigned i, auto &worker) { work(*worker, share(keys.size(), i, nthreads), i); });
    }

    double insert_all(Map &map)
    {
        return run_workers(map, [&](auto &worker, share share, unsigned) {
            bool all = true;
            for (size_t i = share.begin; i < share.end; i++)
                all &= worker.insert(keys.stored[i], i);
            check(all, "every key is new");
        });
    }

    void measure_presized()
    {
        auto map = std::make_unique<Map>(keys.size(), nthreads);
        run.report_rate(insert_all(*map), keys.size());
    }

    /* The longest time that one insertion took while the map grew. */
    void measure_worst()
    {
        auto map = std::make_unique<Map>(0, nthreads);
        std::vector<double> worst(nthreads);
        run_workers(*map, [&](auto &worker, share share, unsigned thread) {
            double last = now_ns_for(nthreads);
            for (size_t i = share.begin; i < share.end; i++) {
                check(worker.insert(keys.stored[i], i), "every key is new");
                const double now = now_ns_for(nthreads);
                worst[thread] = std::max(worst[thread], now - last);
                last = now;
            }
        });
        run.report(*std::max_element(worst.begin(), worst.end()) / 1e3, "us");
    }

    static double resident_bytes()
    {
        malloc_trim(0);
        std::ifstream file("/proc/self/statm");
        double total, resident;
        file >> total >> resident;
        return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
    }

    /* A life: grows, is searched, changes, is gone through, is emptied. */
    void measure_life()
    {
        const size_t n = keys.size();
        const double before = resident_bytes();
        auto map = std::make_unique<Map>(0, nthreads);
        run.report_rate(insert_all(*map), n, "/insert_growing");
        if (nthreads == 1)
            run.report((resident_bytes() - before) / static_cast<double>(n), "bytes",
                       "/bytes_an_entry");

        run.report_rate(run_workers(*map,
                                    [&](auto &worker, share share, unsigned) {
                                        uint64_t nwrong = 0;
                                        for (size_t i = share.begin; i < share.end; i++) {
                                            uint64_t value = UINT64_MAX;
                                            worker.find(keys.present[i], value);
                                            nwrong += value != keys.value_of[i];
                                        }
                                        check(nwrong == 0, "every key is found");
                                    }),
                        n, "/hit");

        run.report_rate(run_workers(*map,
                                    [&](auto &worker, share share, unsigned) {
                                        uint64_t nfound = 0, value;
                                        for (size_t i = share.begin; i < share.end; i++)
                                            nfound += worker.find(keys.absent[i], value);
                                        check(nfound == 0, "no other key is found");
                                    }),
                        n, "/miss");

        /* Of ten operations nine are hits, and one changes the map: a new key comes, and the next
         * time it goes again. */
        run.report_rate(run_workers(*map,
                                    [&](auto &worker, share share, unsigned) {
                                        uint64_t nwrong = 0;
                                        for (size_t i = share.begin; i < share.end; i++) {
                                            if ((i - share.begin) % 20 == 9) {
                                                nwrong += !worker.insert(keys.absent[i], i);
                                            } else if ((i - share.begin) % 20 == 19) {
                                                nwrong += !worker.remove(keys.absent[i - 10]);
                                            } else {
                                                uint64_t value = UINT64_MAX;
                                                worker.find(keys.present[i], value);
                                                nwrong += value != keys.value_of[i];
                                            }
                                        }
                                        const size_t last = share.end - share.begin;
                                        if (last % 20 > 9)
                                            worker.remove(keys.absent[share.end - last % 20 + 9]);
                                        check(nwrong == 0, "every change and every hit succeeds");
                                    }),
                        n, "/mix_90_10");

        constexpr unsigned npasses = 5;
        run.report_rate(run_workers(*map,
                                    [&](auto &worker, share, unsigned) {
                                        for (unsigned pass = 0; pass < npasses; pass++)
                                            check(worker.sum() == n * (n - 1) / 2,
                                                  "every entry is visited once");
                                    }),
                        n * npasses * nthreads, "/iterate");

        run.report_rate(run_workers(*map,
                                    [&](auto &worker, share share, unsigned) {
                                        uint64_t nremoved = 0;
                                        for (size_t i = share.begin; i < share.end; i++)
                                            nremoved += worker.remove(keys.present[i]);
                                        check(nremoved == share.end - share.begin,
                                              "every key is removed");
                                    }),
                        n, "/remove");
        run_workers(*map, [&](auto &worker, share, unsigned) {
            check(worker.sum() == 0, "the map is empty at last");
        });
    }
};

template <class Map> void add_map(contestants &all, const char *peer, unsigned max_nthreads = 2)
{
    for (unsigned n = 1; n <= max_nthreads; n++) {
        const std::string row = "map_" + std::to_string(n);
        all.push_back({row + "/insert_presized", peer,
                       [n](const auto &run) { map_loops<Map>(run, n).measure_presized(); }});
        all.push_back({row, peer, [n](const auto &run) { map_loops<Map>(run, n).measure_life(); }});
        all.push_back({row + "/worst_insert", peer,
                       [n](const auto &run) { map_loops<Map>(run, n).measure_worst(); }});
    }
}

#endif
