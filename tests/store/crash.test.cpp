// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <graft/base/random.hpp>
#include <graft/store/posix.hpp>
#include <graft/store/store.hpp>

#include <support/faulty_files.hpp>
#include <support/memory_files.hpp>

#include <csignal>
#include <cstdlib>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include <sys/wait.h>

// What power cuts, failing calls and kills leave behind. A model knows which commits were acknowledged; whatever is
// opened afterwards must be the last of them, or the whole of the one that was under way.

using namespace graft;
using test::memory_files;

namespace {

using content = std::map<std::string, std::string>; // part to text

bool full() { return std::getenv("GRAFT_FULL") != nullptr; }

struct text {
    std::string         it = {};
    void                save(byte_writer& to) const { to.text(it); }
    static result<text> load(byte_reader& from) { return text{std::string(from.text())}; }
};

/// A folder of its own, removed with everything in it.
struct scratch {
    std::string path = "/tmp/graft-test-XXXXXX";
    scratch() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
    ~scratch() {
        const auto names = posix_files{}.list(path);
        if (names)
            for (const folder_entry& e : *names) static_cast<void>(posix_files{}.remove(path_of(path, e.name)));
        ::rmdir(path.c_str());
    }
};

content content_of(const snapshot& of) {
    content all;
    for (const part_record& p : of.parts()) {
        auto part = of.read<text>(p.name);
        REQUIRE(part.has_value());
        all[p.name] = part->it;
    }
    return all;
}

/// The next generation's content: one part changed, one kept, one new or gone, sizes around a sector.
content follow(const content& before, std::uint64_t step) {
    counter_random random(step, 77);
    content        next = before;
    const auto     fill = [&] { return std::string(random.below(1500), static_cast<char>('a' + step % 26)); };
    next["a"]           = fill();
    if (step % 2 == 0) next["b"] = fill();
    if (step % 3 == 0) next["c"] = fill();
    else next.erase("c");
    return next;
}

template <class Store>
result<std::uint64_t> commit(Store& store, const content& all, const content& before) {
    auto draft = store.begin();
    for (const auto& [name, it] : all) {
        const auto old = before.find(name);
        if (old != before.end() && old->second == it) draft.keep(name);
        else draft.put(name, text{it});
    }
    return draft.commit();
}

struct milestone {
    std::size_t begun = 0, acknowledged = 0; // calls of the disk
    content     is = {};
};

/// Some commits, with a new writer after every third, as calls of a disk and the model beside them.
struct history {
    std::vector<test::disk_call> log;
    std::vector<milestone>       commits; // [0]: nothing
};
history record(memory_files fs, content now, std::uint64_t first, std::uint64_t last) {
    history it;
    it.commits.push_back({0, 0, now});
    auto store = std::make_unique<result<graft::store<memory_files>>>(open_store(fs, "d"));
    for (std::uint64_t step = first; step < last; ++step) {
        if (step % 3 == 2) {
            store.reset();
            store = std::make_unique<result<graft::store<memory_files>>>(open_store(fs, "d"));
        }
        REQUIRE(store->has_value());
        const content next  = follow(now, step);
        const auto    begun = fs.it().log.size();
        REQUIRE(commit(**store, next, now).has_value());
        it.commits.push_back({begun, fs.it().log.size(), next});
        now = next;
    }
    store.reset();
    it.log = fs.it().log;
    return it;
}

/// True where a crash after `calls` calls may leave `retrieved`.
bool allowed(const history& model, std::size_t calls, const content& found) {
    std::size_t last = 0;
    for (std::size_t i = 1; i < model.commits.size(); ++i)
        if (model.commits[i].acknowledged <= calls) last = i;
    if (found == model.commits[last].is) return true;
    return last + 1 < model.commits.size() && model.commits[last + 1].begun < calls &&
           found == model.commits[last + 1].is;
}

struct outcome {
    std::unordered_set<std::uint64_t> states;
    std::size_t                       violations = 0;
};

void check_state(const test::disk& left, const history& model, std::size_t calls, outcome& out) {
    if (!out.states.insert(left.state()).second) return;
    const auto it    = open_snapshot(memory_files(left), "d"); // the strict policy: a crash damages no generation
    const bool empty = !it && it.error().what == fault::not_found;
    if (!it && !empty) {
        ++out.violations;
        MESSAGE("after " << calls << " calls: " << describe(it.error()));
    } else if (!allowed(model, calls, it ? content_of(*it) : content{})) {
        ++out.violations;
        MESSAGE("after " << calls << " calls another content");
    }
}

/// All states after each prefix where they are few, `samples` of them where they are many.
void crash_everywhere(const test::disk& before, const history& model, std::size_t samples, std::uint64_t seed,
                      outcome& out) {
    counter_random random(seed, 3);
    for (std::size_t calls = 0; calls <= model.log.size(); ++calls) {
        const auto        left = test::choices_after(model.log, calls);
        const std::size_t all  = left.names < 12 ? std::size_t{1} << left.names : std::size_t{1} << 12;
        if (left.writes == 0 && all <= samples) {
            for (std::size_t pick = 0; pick < all; ++pick) {
                std::size_t bit = 0;
                check_state(test::after_crash(before, model.log, calls, [&](std::size_t) { return pick >> bit++ & 1; }),
                            model, calls, out);
            }
            continue;
        }
        for (std::size_t sample = 0; sample < samples; ++sample) // `sample` itself decides the first choice
            check_state(test::after_crash(before, model.log, calls,
                                          [&, first = true](std::size_t n) mutable {
                                              if (std::exchange(first, false)) return sample % n;
                                              return static_cast<std::size_t>(random.below(n));
                                          }),
                        model, calls, out);
    }
}

} // namespace

TEST_CASE("crash: after a power cut at any call a commit is there as a whole or not at all") {
    outcome       out;
    const history model = record(memory_files{}, {}, 0, full() ? 140 : 36);
    crash_everywhere({}, model, full() ? 200 : 120, 1, out);
    CHECK(out.violations == 0);
    CHECK(out.states.size() >= (full() ? 20000u : 3000u));
    if (full()) MESSAGE(out.states.size() << " distinct states of the disk after " << model.log.size() << " calls");
}

TEST_CASE("crash: recovering from a crash may itself crash") {
    outcome        out;
    counter_random random(4, 4);
    const history  model = record(memory_files{}, {}, 0, 6);
    for (std::size_t calls = 3; calls <= model.log.size(); calls += full() ? 1u : 5u) {
        const auto left  = test::after_crash({}, model.log, calls, [&](std::size_t n) { return random.below(n); });
        const auto found = open_snapshot(memory_files(left), "d");
        const auto now   = found ? content_of(*found) : content{};
        const auto again = record(memory_files(left), now, 50, 52);
        crash_everywhere(left, again, 6, calls, out);
    }
    CHECK(out.violations == 0);
    CHECK(out.states.size() >= 500);
}

TEST_CASE("crash: the checks can fail: a protocol without its syncs is caught") {
    outcome out;
    history model = record(memory_files{}, {}, 0, 6);
    // The log without what makes it safe, at the same places of the model.
    for (test::disk_call& c : model.log)
        if (c.what == test::disk_call::sync) c = {test::disk_call::write, c.inode, c.path, {}, {}};
    outcome unsynced;
    for (std::size_t calls = 1; calls <= model.log.size(); ++calls)
        for (std::size_t sample = 0; sample < 3; ++sample) {
            counter_random random(calls, sample);
            const auto left = test::after_crash({}, model.log, calls, [&](std::size_t n) { return random.below(n); });
            const auto it   = open_snapshot(memory_files(left), "d");
            const bool none = !it && it.error().what == fault::not_found;
            unsynced.violations += (!it && !none) || !allowed(model, calls, it ? content_of(*it) : content{});
        }
    CHECK(unsynced.violations > 10);
}

TEST_CASE("faults: any call of a commit may fail, once or from then on: a typed error, and the old or the new state") {
    using files        = test::faulty_files<memory_files>;
    std::size_t points = 0, survived = 0;
    for (const auto how : {test::mishap::io_error, test::mishap::no_space, test::mishap::short_write})
        for (const bool sticky : {false, true})
            for (std::size_t n = 0;; ++n) {
                memory_files  disk;
                const files   fs(disk);
                auto          store = open_store(fs, "d");
                const content first = follow({}, 6), second = follow(first, 1), third = follow(second, 2),
                              fourth = follow(third, 3);
                REQUIRE(commit(*store, first, {}).has_value());
                REQUIRE(commit(*store, second, first).has_value());
                fs.arm(n, how, sticky);
                const auto end = commit(*store, third, second);
                const bool hit = fs.hit();
                fs.disarm();
                if (!hit) break;
                ++points;
                const auto after = open_snapshot(disk, "d");
                REQUIRE(after.has_value());
                const content is = content_of(*after);
                if (end) CHECK(is == third); // the failure lay in the sweep
                else {
                    CHECK(explain(end.error().what) != "an unknown fault");
                    CHECK_FALSE(end.error().subject.empty());
                    CHECK(end.error().host != 0);
                    CHECK((is == second || is == third));
                    CHECK(store->generation() == 2);
                }
                // The same writer goes on, or says that it cannot; a new one can. After a failed sync, or a failed last
                // step, it must not.
                const auto on = commit(*store, fourth, end ? third : content{});
                if (!end &&
                    (end.error().what == fault::sync_failed || end.error().subject == "d/manifest-0000000000000003"))
                    CHECK_FALSE(on.has_value());
                if (on) {
                    ++survived;
                    CHECK(content_of(*open_snapshot(disk, "d")) == fourth);
                } else CHECK(on.error() == end.error());
                store         = error{fault::stopped};
                auto reopened = open_store(fs, "d");
                REQUIRE(reopened.has_value());
                const content now = content_of(reopened->now());
                CHECK((now == is || on.has_value()));
                REQUIRE(commit(*reopened, follow(now, 9), now).has_value());
                CHECK(content_of(*open_snapshot(disk, "d")) == follow(now, 9));
                CHECK(disk.list("d")->size() <= 2 + 2 * 3); // no orphans but what a failed removal left
                CHECK(fs.retried_syncs() == 0);
            }
    CHECK(points > 100);
    CHECK(survived > 50);
    if (full()) MESSAGE(points << " fault points in a commit, the writer went on after " << survived);
}

TEST_CASE("faults: any call of opening may fail: a typed error, and nothing is lost") {
    using files        = test::faulty_files<memory_files>;
    std::size_t points = 0;
    for (const bool writing : {false, true})
        for (const bool sticky : {false, true})
            for (std::size_t n = 0;; ++n) {
                memory_files  disk;
                const files   fs(disk);
                const content first = follow({}, 6), second = follow(first, 1);
                {
                    auto store = open_store(fs, "d");
                    REQUIRE(commit(*store, first, {}).has_value());
                    REQUIRE(commit(*store, second, first).has_value());
                }
                REQUIRE(write_new_file(disk, "d/a-0000000000000009.graft", {}).has_value()); // an orphan to sweep
                fs.arm(n, test::mishap::io_error, sticky);
                for (const auto policy : {generation_policy::newest, generation_policy::newest_good}) {
                    if (policy == generation_policy::newest_good) fs.arm(n, test::mishap::io_error, sticky);
                    error why{fault{}};
                    bool  opened = true;
                    if (writing) {
                        const auto it = open_store(fs, "d", policy);
                        opened        = it.has_value();
                        if (it) CHECK(content_of(it->now()) == second);
                        else why = it.error();
                    } else {
                        const auto it = open_snapshot(fs, "d", policy);
                        opened        = it.has_value();
                        if (it)
                            CHECK(content_of(*it) == second); // never an older one: the disk may work again in a moment
                        else why = it.error();
                    }
                    if (!opened) {
                        CHECK(why.host != 0);
                        CHECK_FALSE(why.subject.empty());
                    }
                }
                const bool hit = fs.hit();
                fs.disarm();
                if (!hit) break;
                ++points;
                CHECK(content_of(*open_snapshot(fs, "d")) == second);
                CHECK(content_of(open_store(fs, "d")->now()) == second);
            }
    CHECK(points > 40);
}

TEST_CASE("kill -9: at any moment, what was acknowledged is there") {
    const scratch      at;
    const std::string& folder = at.path;
    counter_random     random(1, 8);
    std::uint64_t      acknowledged = 0, commits = 0;
    const int          cycles = full() ? 5000 : 150;
    const auto         body   = [](std::uint64_t g) {
        return std::string(static_cast<std::size_t>(2000 + g % 3000), static_cast<char>('a' + g % 26));
    };
    int bad = 0;
    for (int cycle = 0; cycle < cycles; ++cycle) {
        int ends[2];
        REQUIRE(::pipe(ends) == 0);
        const pid_t child = ::fork();
        if (child == 0) {
            ::close(ends[0]);
            auto store = open_store(posix_files{}, folder);
            for (;;) {
                if (!store) ::_exit(1);
                const std::uint64_t g    = store->generation() + 1;
                auto                next = store->begin();
                next.put("number", text{std::to_string(g)}).put("body", text{body(g)});
                if (store->has("same")) next.keep("same");
                else next.put("same", text{"same"});
                const auto done_ = next.commit();
                if (!done_ || ::write(ends[1], &*done_, sizeof *done_) != static_cast<ssize_t>(sizeof *done_))
                    ::_exit(2);
            }
        }
        ::close(ends[1]);
        // From the start on, or from the first commit on: opening is as likely to be hit as committing.
        if (std::uint64_t g = 0; cycle % 2 == 0 && ::read(ends[0], &g, sizeof g) == static_cast<ssize_t>(sizeof g)) {
            acknowledged = g;
            ++commits;
        }
        ::usleep(static_cast<useconds_t>(random.below(6000)));
        ::kill(child, SIGKILL);
        for (std::uint64_t g = 0; ::read(ends[0], &g, sizeof g) == static_cast<ssize_t>(sizeof g); ++commits)
            acknowledged = g;
        ::close(ends[0]);
        int status = 0;
        ::waitpid(child, &status, 0);
        bad += !WIFSIGNALED(status);
        const auto it = open_snapshot(posix_files{}, folder);
        if (!it) {
            bad += acknowledged != 0 || it.error().what != fault::not_found;
            continue;
        }
        const content all = content_of(*it);
        bad += it->generation() < acknowledged;
        // Numbers are used up by commits that were killed, so a body is judged by the number written beside it.
        bad += all.size() != 3 || all.at("same") != "same" || all.at("body") != body(std::stoull(all.at("number")));
    }
    CHECK(bad == 0);
    CHECK(commits >= static_cast<std::uint64_t>(cycles / 2));
    if (full()) MESSAGE(cycles << " kills, " << commits << " commits acknowledged");
}

TEST_CASE(
    "readers: beside a writer that commits and sweeps, every opening finds a whole generation, never an older one") {
    const scratch at;
    const pid_t   child = ::fork();
    if (child == 0) {
        auto store = open_store(posix_files{}, at.path);
        for (int i = 0; i < (full() ? 2000 : 100); ++i) {
            auto next = store->begin();
            next.put("a", text{std::to_string(i)}).put("b", text{std::string(3000, 'b') + std::to_string(i)});
            if (!next.commit()) ::_exit(1);
        }
        ::_exit(0);
    }
    std::uint64_t last = 0;
    int           bad = 0, status = 0;
    while (::waitpid(child, &status, WNOHANG) == 0) {
        const auto it = open_snapshot(posix_files{}, at.path);
        if (!it) {
            bad += last != 0 || it.error().what != fault::not_found;
            continue;
        }
        const content all = content_of(*it);
        bad += it->generation() < last || all.at("b") != std::string(3000, 'b') + all.at("a");
        last = it->generation();
    }
    CHECK(bad == 0);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    CHECK(open_snapshot(posix_files{}, at.path)->generation() == (full() ? 2000u : 100u));
}
