// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <graft/store/posix.hpp>

#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <sys/wait.h>

using namespace graft;

namespace {

/// A folder of its own, removed with everything in it.
struct scratch {
    std::string path;
    scratch() {
        std::string name = "/tmp/graft-test-XXXXXX";
        path             = ::mkdtemp(name.data()) != nullptr ? name : "";
    }
    ~scratch() {
        const auto names = posix_files{}.list(path);
        if (names)
            for (const folder_entry& e : *names) ::remove((path + "/" + e.name).c_str());
        ::rmdir(path.c_str());
    }
};

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

/// What `body` gives in a child process.
template <class F>
int in_child(F&& body) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(body());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace

TEST_CASE("posix: write, sync, rename, list, read, remove") {
    const scratch     at;
    const posix_files fs;
    const std::string a = path_of(at.path, "a"), b = path_of(at.path, "b");
    std::string       long_text(3000000, 'x');
    long_text.back() = 'y';
    REQUIRE(write_new_file(fs, a, bytes_of(long_text)).has_value());
    CHECK(fs.create(a).error().what == fault::write_failed); // the name is taken
    CHECK(fs.rename(a, b).has_value());
    CHECK(fs.sync_folder(at.path).has_value());
    const auto there = fs.list(at.path).value();
    REQUIRE(there.size() == 1);
    CHECK(there[0].name == "b");
    CHECK(there[0].kind == entry_kind::file);
    CHECK(there[0].size == long_text.size());
    const auto back = read_file(fs, b);
    REQUIRE(back.has_value());
    CHECK(std::equal(back->all().begin(), back->all().end(), bytes_of(long_text).begin(), bytes_of(long_text).end()));
    CHECK(reinterpret_cast<std::uintptr_t>(back->all().data()) % 64 == 0);
    auto                   file = fs.open(b);
    std::vector<std::byte> two(2);
    CHECK(fs.read(*file, long_text.size() - 2, two).has_value());
    CHECK(two[1] == std::byte{'y'});
    const auto beyond = fs.read(*file, long_text.size() - 1, two);
    REQUIRE_FALSE(beyond.has_value());
    CHECK(beyond.error() == error{fault::truncated, unit::byte, long_text.size(), b});
    CHECK(fs.remove(b).has_value());
    CHECK(fs.list(at.path)->empty());
    REQUIRE(write_new_file(fs, a, {}).has_value());
    CHECK(read_file(fs, a)->size() == 0);
}

TEST_CASE("posix: every refusal is typed, with the path and the errno") {
    const scratch     at;
    const posix_files fs;
    const std::string none = path_of(at.path, "none"), file = path_of(at.path, "file"), pipe = path_of(at.path, "pipe");
    REQUIRE(write_new_file(fs, file, bytes_of("x")).has_value());
    CHECK(fs.open(none).error() == error{fault::not_found, unit::none, 0, none, ENOENT});
    CHECK(fs.remove(none).error() == error{fault::not_found, unit::none, 0, none, ENOENT});
    CHECK(fs.rename(none, file).error().what == fault::not_found);
    CHECK(fs.names(at.path)->size() == fs.list(at.path)->size());
    CHECK(fs.names(none).error() == error{fault::not_found, unit::none, 0, none, ENOENT});
    CHECK(fs.names(file).error().what == fault::not_a_folder);
    CHECK(fs.list(none).error() == error{fault::not_found, unit::none, 0, none, ENOENT});
    CHECK(fs.list(file).error().what == fault::not_a_folder);
    CHECK(fs.sync_folder(file).error().what == fault::not_a_folder);
    CHECK(fs.make_folder(file).error().what == fault::not_a_folder);
    CHECK(fs.make_folder(path_of(none, "below")).error().what == fault::not_found);
    CHECK(fs.create(path_of(none, "below")).error().what == fault::not_found);
    CHECK(fs.open(at.path).error().what == fault::not_a_file);
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    CHECK(fs.open(pipe).error().what == fault::not_a_file); // and it does not wait for a writer
    CHECK(fs.make_folder(at.path).has_value());
    if (::geteuid() != 0) {
        REQUIRE(::chmod(file.c_str(), 0) == 0);
        CHECK(fs.open(file).error() == error{fault::unreadable, unit::none, 0, file, EACCES});
    }
}

TEST_CASE("posix: a lock is exclusive, within a process and between two, and ends with its holder") {
    const scratch     at;
    const posix_files fs;
    const std::string path = path_of(at.path, "lock");
    {
        const auto held = fs.lock(path);
        REQUIRE(held.has_value());
        CHECK(fs.lock(path).error().what == fault::busy);
        CHECK(in_child([&] {
                  const auto second = posix_files{}.lock(path);
                  return !second && second.error().what == fault::busy ? 7 : 0;
              }) == 7);
    }
    CHECK(fs.lock(path).has_value());
    CHECK(in_child([&] { return posix_files{}.lock(path) ? 7 : 0; }) == 7); // and dies without unlocking
    CHECK(fs.lock(path).has_value());
}

TEST_CASE("posix: a device that is full, and a limit on the size of files") {
    const posix_files fs;
    const int         full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (full >= 0) {
        detail::descriptor to(full, "/dev/full");
        CHECK(fs.write(to, bytes_of("x")).error() == error{fault::disk_full, unit::none, 0, "/dev/full", ENOSPC});
    }
    const scratch     at;
    const std::string path = path_of(at.path, "big");
    CHECK(in_child([&] { // the first write is cut short at the limit, the second fails
              std::signal(SIGXFSZ, SIG_IGN);
              const rlimit limit{100000, 100000};
              if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
              const auto it = write_new_file(posix_files{}, path, bytes_of(std::string(300000, 'x')));
              return !it && it.error() == error{fault::write_failed, unit::none, 0, path, EFBIG} ? 7 : 2;
          }) == 7);
    CHECK(fs.list(at.path)->empty()); // what was begun is gone again
}

TEST_CASE("posix: short transfers and signals are gone over, errors and the end are not") {
    std::vector<int> script;
    std::string      got;
    std::size_t      step = 0;
    const auto       some = [&](std::size_t at, std::size_t left) -> long {
        const int n = step < script.size() ? script[step++] : 0;
        if (n < 0) {
            errno = -n;
            return -1;
        }
        const std::size_t take = std::min<std::size_t>(left, static_cast<std::size_t>(n));
        got += std::string(take, static_cast<char>('a' + at));
        return static_cast<long>(take);
    };
    const auto run = [&](std::vector<int> steps) {
        script = std::move(steps);
        step   = 0;
        got.clear();
        return detail::take_all(6, some);
    };
    CHECK(run({2, -EINTR, -EINTR, 1, 9}) == 6);
    CHECK(got == "aacddd");
    CHECK(run({2, -EIO, 4}) == 2);
    CHECK(errno == EIO);
    CHECK(run({2, 1, 0, 3}) == 3);
    CHECK(errno == 0);
    CHECK(run({-ENOSPC}) == 0);
    CHECK(errno == ENOSPC);
}

TEST_CASE("io: paths") {
    CHECK(path_of("a", "b") == "a/b");
    CHECK(path_of("a/", "b") == "a/b");
    CHECK(path_of("", "b") == "b");
    CHECK(folder_of("a/b") == "a");
    CHECK(folder_of("a/b//") == "a");
    CHECK(folder_of("a") == ".");
    CHECK(folder_of("a/") == ".");
    CHECK(folder_of("/a") == "/");
    CHECK(folder_of("/") == "/");
    const auto no = aligned_bytes::of_size(~std::uint64_t{0}, "huge");
    CHECK(no.error().what == fault::too_large);
}
