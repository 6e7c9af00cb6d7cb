// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <graft/base/result.hpp>
#include <graft/config.hpp>
#include <graft/store/mapped.hpp>
#include <graft/weights/nf4_tensor.hpp>
#include <graft/weights/tensor.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graft::inline GRAFT_ABI {

/// How a model file comes into memory.
struct open_weights {
    /// Map the file instead of reading it: its pages are read when they are first looked at, and shared with other processes. Then
    /// the file must stay as it is while the tensors live. One that another program shortens meanwhile ends the process
    /// with SIGBUS at the next look, and one that is written changes the numbers: the host's risk, and the reason why it is not the default.
    /// A file system that cannot map reads instead.
    bool map = false;
};

/// The tensors of a model by name, and the bytes of its files, read or mapped. Moving it moves no byte: a `tensor` stays good.
class tensors {
    std::string                                      name_;
    std::vector<file_bytes>                          files_;
    std::deque<std::string>                          texts_; // names that lie in no file as they are
    std::vector<tensor>                              all_;
    std::vector<std::uint32_t>                       by_name_;
    std::vector<std::pair<std::string, std::string>> metadata_;
    std::vector<nf4_tensor>                          nf4_;

public:
    tensors() = default;
    explicit tensors(std::string name) : name_(std::move(name)) {}

    /// The file or folder, as errors say it.
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    /// All of them, in the order of the file.
    [[nodiscard]] std::span<const tensor> list() const noexcept { return all_; }
    [[nodiscard]] std::size_t             size() const noexcept { return all_.size(); }
    /// The tensor of that name, null where there is none.
    [[nodiscard]] const tensor* find(std::string_view name) const noexcept {
        const auto at = std::lower_bound(by_name_.begin(), by_name_.end(), name,
                                         [&](std::uint32_t i, std::string_view n) { return all_[i].name < n; });
        return at != by_name_.end() && all_[*at].name == name ? &all_[*at] : nullptr;
    }
    /// The weight of that name where the file holds it in NF4, else null.
    [[nodiscard]] const nf4_tensor* find_nf4(std::string_view name) const noexcept {
        const auto at = std::find_if(nf4_.begin(), nf4_.end(), [&](const nf4_tensor& t) { return t.name == name; });
        return at != nf4_.end() ? &*at : nullptr;
    }
    /// What the file says of itself besides, in its order: of safetensors `__metadata__`.
    [[nodiscard]] std::span<const std::pair<std::string, std::string>> metadata() const noexcept { return metadata_; }

    // What readers fill it with.

    /// Keeps the bytes of a file for as long as the set lives, where they are.
    std::span<const std::byte> keep(file_bytes bytes) {
        files_.push_back(std::move(bytes));
        return files_.back().all();
    }
    /// Keeps a name.
    std::string_view keep(std::string_view text) { return texts_.emplace_back(text); }
    /// Borrows  name and bytes, from what was kept.
    void add(const tensor& one) { all_.push_back(one); }
    void describe(std::string key, std::string value) { metadata_.emplace_back(std::move(key), std::move(value)); }
    /// Borrows  as a tensor
    void describe(const nf4_tensor& one) { nf4_.push_back(one); }
    /// To be called once, behind the last `add`.
    ///
    /// Fails    `duplicate_id` where two tensors have one name.
    [[nodiscard]] result<void> index() {
        by_name_.resize(all_.size());
        for (std::size_t i = 0; i < all_.size(); ++i) by_name_[i] = static_cast<std::uint32_t>(i);
        std::sort(by_name_.begin(), by_name_.end(),
                  [&](std::uint32_t a, std::uint32_t b) { return all_[a].name < all_[b].name; });
        const auto same = std::adjacent_find(by_name_.begin(), by_name_.end(), [&](std::uint32_t a, std::uint32_t b) {
            return all_[a].name == all_[b].name;
        });
        if (same != by_name_.end()) return refuse(fault::duplicate_id, all_[*same].name);
        return done;
    }

    /// An error that names file and tensor: `model.safetensors: encoder.layer.0.attention.self.query.weight`.
    [[nodiscard]] error refuse(fault what, std::string_view tensor_name, unit of = unit::none,
                               std::uint64_t where = 0) const {
        std::string subject = name_;
        if (!tensor_name.empty()) subject.append(subject.empty() ? "" : ": ").append(tensor_name);
        return {what, of, where, std::move(subject)};
    }
};

} // namespace graft::inline GRAFT_ABI
