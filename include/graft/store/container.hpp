// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/bytes.hpp>
#include <graft/base/digest.hpp>
#include <graft/base/result.hpp>
#include <graft/config.hpp>
#include <graft/store/io.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

// One file: a header, named blocks, a table of checksums, a footer. `store/README.md` gives every byte.

/// The version of the container itself; what a part holds has a version of its own.
inline constexpr std::uint32_t container_format = 1;

/// What a file says of itself.
struct container_info {
    std::string   kind        = {}; ///< what the content is, as `bm25`; at most 24 bytes
    std::uint32_t version     = 1;  ///< of the content's layout
    std::uint64_t fingerprint = 0;  ///< of whatever the content depends on; 0: nothing

    bool operator==(const container_info&) const = default;
};

namespace detail {

struct container_layout {
    static constexpr std::string_view magic      = "\x89graft\r\n"; // eight bytes that a text mode would change
    static constexpr std::string_view end        = "graft\x89\n\r";
    static constexpr std::uint32_t    order_mark = 0x0a0b0c0d;
    static constexpr std::size_t      header = 64, footer = 64, kind = 24, block_name = 8, align = 64;
    static constexpr std::size_t      blocks = 256; // at most
    static constexpr std::size_t      piece  = std::size_t{64} << 10;

    static constexpr std::uint64_t pieces(std::uint64_t payload) { return payload / piece + (payload % piece != 0); }
    static constexpr std::uint64_t padding(std::uint64_t length) { return (align - length % align) % align; }
};

/// A name in `width` bytes, filled up with zeros; false where it has no such form.
inline bool read_name(byte_reader& from, std::size_t width, std::string& name) {
    const auto  bytes = from.block(width);
    std::size_t n     = 0;
    while (n < bytes.size() && bytes[n] != std::byte{0}) ++n;
    for (std::size_t i = n; i < bytes.size(); ++i)
        if (bytes[i] != std::byte{0}) return false;
    name.assign(reinterpret_cast<const char*>(bytes.data()), n);
    return n > 0;
}

} // namespace detail

/// A file's bytes, ready to be written, and the digest that names them.
struct sealed_container {
    std::vector<std::byte> bytes  = {};
    digest256              digest = {};
};

/// Builds a file in memory.
///
///     container_writer file({.kind = "bm25", .version = 1});
///     index.save(file.block("body"));
///     write_new_file(fs, path, file.seal().bytes);
class container_writer {
    using layout = detail::container_layout;
    struct named {
        std::string name;
        std::size_t begin, length;
    };
    container_info     about_;
    byte_writer        out_;
    std::vector<named> blocks_;

public:
    explicit container_writer(container_info about) : about_(std::move(about)) {
        GRAFT_ASSERT(!about_.kind.empty() && about_.kind.size() <= layout::kind, "a kind has 1 to 24 bytes");
        characters(layout::magic, layout::magic.size());
        out_.u32(layout::order_mark);
        out_.u32(container_format);
        characters(about_.kind, layout::kind);
        out_.u32(about_.version);
        out_.u64(about_.fingerprint);
        out_.u64(0); // reserved
        out_.u32(crc32c(out_.bytes()));
    }

    [[nodiscard]] const container_info& about() const noexcept { return about_; }

    /// Ends the block before and begins one: what is written into it until the next call is its content, which starts
    /// on a 64-byte boundary.
    [[nodiscard]] byte_writer& block(std::string_view name) {
        GRAFT_ASSERT(!name.empty() && name.size() <= layout::block_name, "a block's name has 1 to 8 bytes");
        GRAFT_ASSERT(blocks_.size() < layout::blocks, "a file has at most 256 blocks");
        end_block();
        blocks_.push_back(named{std::string(name), out_.size(), 0});
        return out_;
    }

    /// The whole file; the writer is spent.
    ///
    /// Costs    one pass of CRC-32C; the SHA-256 covers header and table, and through the table's sums the rest.
    [[nodiscard]] sealed_container seal() {
        end_block();
        const std::size_t payload = out_.size() - layout::header, table = out_.size();
        out_.u32(static_cast<std::uint32_t>(blocks_.size()));
        for (const named& b : blocks_) {
            characters(b.name, layout::block_name);
            out_.u64(b.length);
        }
        for (std::size_t at = 0; at < payload; at += layout::piece)
            out_.u32(crc32c(out_.bytes().subspan(layout::header + at, std::min(layout::piece, payload - at))));
        const std::size_t table_size = out_.size() - table;
        out_.u64(payload);
        out_.u64(table_size);
        out_.u64(out_.size() - 16 + layout::footer);
        sha256_sum sum;
        sum.add(out_.bytes().first(layout::header));
        sum.add(out_.bytes().subspan(table));
        sealed_container file{.bytes = {}, .digest = sum.digest()};
        out_.elements(std::span<const std::uint8_t>(file.digest.bytes));
        characters(layout::end, layout::end.size());
        blocks_.clear();
        file.bytes = out_.take();
        return file;
    }

private:
    void characters(std::string_view text, std::size_t width) {
        for (std::size_t i = 0; i < width; ++i) out_.u8(i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0);
    }
    void end_block() {
        if (blocks_.empty()) return;
        blocks_.back().length = out_.size() - blocks_.back().begin;
        for (std::uint64_t n = layout::padding(out_.size()); n > 0; --n) out_.u8(0);
    }
};

/// A file that was read whole and whose every bit was checked.
///
/// Borrows  nothing; the readers that it gives borrow its bytes.
class container {
    using layout = detail::container_layout;
    struct named {
        std::string name;
        std::size_t begin, length;
    };
    aligned_bytes      bytes_;
    std::string        subject_;
    container_info     about_;
    digest256          digest_;
    std::vector<named> blocks_;

public:
    /// Checks bytes and keeps them.
    ///
    /// Takes    `subject`, the name that errors carry.
    /// Costs    one pass of CRC-32C over the bytes.
    /// Fails    `foreign` not graft's, or of the other byte order; `newer_format` a container of a later graft;
    ///          `truncated` it ends too early; `corrupt` a checksum differs (with the byte where that piece begins);
    ///          `malformed` sums agree and yet the table contradicts itself.
    [[nodiscard]] static result<container> open(aligned_bytes bytes, std::string subject) {
        container it;
        it.bytes_   = std::move(bytes);
        it.subject_ = std::move(subject);
        if (auto header = it.read_header(); !header) return header.error();
        if (auto rest = it.read_table(); !rest) return rest.error();
        return it;
    }

    [[nodiscard]] const container_info& about() const noexcept { return about_; }
    [[nodiscard]] const digest256&      digest() const noexcept { return digest_; }
    [[nodiscard]] std::uint64_t         size() const noexcept { return bytes_.size(); }
    [[nodiscard]] const std::string&    subject() const noexcept { return subject_; }

    /// The content of a block, on a 64-byte boundary.
    ///
    /// Fails    `missing_part`.
    [[nodiscard]] result<byte_reader> block(std::string_view name) const {
        for (const named& b : blocks_)
            if (b.name == name) return byte_reader(bytes_.all().subspan(b.begin, b.length), subject_, about_.version);
        return error{fault::missing_part, unit::none, 0, subject_ + ":" + std::string(name)};
    }

    /// `foreign` where the content is of another kind, `newer_format` where it is of a later version than `version`.
    [[nodiscard]] result<void> expect(std::string_view kind, std::uint32_t version) const {
        if (about_.kind != kind) return error{fault::foreign, unit::none, 0, subject_};
        if (about_.version > version) return error{fault::newer_format, unit::none, 0, subject_};
        return done;
    }

private:
    [[nodiscard]] error at(fault what, std::uint64_t place) const { return {what, unit::byte, place, subject_}; }

    result<void> read_header() {
        const auto        all   = bytes_.all();
        const std::size_t known = std::min(all.size(), layout::magic.size());
        if (known > 0 && std::memcmp(all.data(), layout::magic.data(), known) != 0) return at(fault::foreign, 0);
        if (all.size() < layout::header + layout::footer) return at(fault::truncated, all.size());
        byte_reader header(all.first(layout::header), subject_);
        static_cast<void>(header.block(layout::magic.size()));
        if (header.u32() != layout::order_mark) return at(fault::foreign, layout::magic.size());
        const std::uint32_t format = header.u32();
        const bool          told   = detail::read_name(header, layout::kind, about_.kind);
        about_.version             = header.u32();
        about_.fingerprint         = header.u64();
        const std::uint64_t spare  = header.u64();
        // Every version keeps the header's size and sum, so that a flipped bit is not taken for a newer version.
        if (header.u32() != crc32c(all.first(layout::header - 4))) return at(fault::corrupt, 0);
        if (format > container_format) return at(fault::newer_format, 12);
        if (!told || spare != 0 || format == 0) return at(fault::malformed, 16);
        return done;
    }

    result<void> read_table() {
        const auto        all      = bytes_.all();
        const std::size_t end      = all.size() - layout::footer;
        const auto        end_mark = all.last(layout::end.size());
        if (std::memcmp(end_mark.data(), layout::end.data(), end_mark.size()) != 0)
            return at(fault::truncated, all.size());
        byte_reader         footer(all.subspan(end), subject_);
        const std::uint64_t payload = footer.u64(), table_size = footer.u64(), total = footer.u64();
        footer.into(std::span<std::uint8_t>(digest_.bytes));
        if (total > all.size()) return at(fault::truncated, all.size());
        const std::size_t room = end - layout::header;
        if (total != all.size() || payload > room || table_size != room - payload) return at(fault::corrupt, end);
        const std::size_t table_at = layout::header + static_cast<std::size_t>(payload);
        sha256_sum        sum;
        sum.add(all.first(layout::header));
        sum.add(all.subspan(table_at, static_cast<std::size_t>(table_size) + 24));
        if (sum.digest() != digest_) return at(fault::corrupt, table_at);

        byte_reader         table(all.subspan(table_at, static_cast<std::size_t>(table_size)), subject_);
        const std::uint32_t blocks = table.u32();
        if (blocks > layout::blocks || blocks > table.left() / 16) return at(fault::malformed, table_at);
        std::uint64_t begin = layout::header;
        for (std::uint32_t i = 0; i < blocks; ++i) {
            named      b{};
            const bool good   = detail::read_name(table, layout::block_name, b.name);
            const auto length = table.u64();
            if (!good || begin > table_at || length > table_at - begin || has(b.name))
                return at(fault::malformed, table_at);
            b.begin  = static_cast<std::size_t>(begin);
            b.length = static_cast<std::size_t>(length);
            begin += length + layout::padding(length);
            blocks_.push_back(std::move(b));
        }
        if (begin != table_at || table.left() != 4 * layout::pieces(payload)) return at(fault::malformed, table_at);
        for (std::size_t from = layout::header; from < table_at; from += layout::piece)
            if (crc32c(all.subspan(from, std::min(layout::piece, table_at - from))) != table.u32())
                return at(fault::corrupt, from);
        for (const named& b : blocks_)
            for (std::size_t i = b.begin + b.length; i % layout::align != 0; ++i)
                if (all[i] != std::byte{0}) return at(fault::malformed, i);
        return done;
    }

    [[nodiscard]] bool has(std::string_view name) const {
        for (const named& b : blocks_)
            if (b.name == name) return true;
        return false;
    }
};

/// Reads and checks a file.
///
/// Fails    as `container::open`; `too_large` above `limit`, before anything is allocated; what the file system gives.
template <readable_files F>
[[nodiscard]] result<container> read_container(const F& fs, const std::string& path,
                                               std::uint64_t limit = std::uint64_t{1} << 40) {
    return read_file(fs, path, limit).and_then([&](aligned_bytes bytes) {
        return container::open(std::move(bytes), path);
    });
}

} // namespace graft::inline GRAFT_ABI
