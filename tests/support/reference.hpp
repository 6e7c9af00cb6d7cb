// SPDX-FileCopyrightText: 2026 The graft authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/shared.hpp"

#include <graft/base/matrix.hpp>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace test {

/// A tensor of the reference outputs, widened to double; integers too.
struct reference_tensor {
    std::vector<std::size_t> shape;
    std::vector<double>      values;

    [[nodiscard]] std::size_t dims() const { return shape.empty() ? 1 : shape.back(); }
    /// As rows of the last axis.
    template <class T>
    [[nodiscard]] graft::matrix<T> as() const {
        graft::matrix<T> m(values.size() / dims(), dims());
        for (std::size_t i = 0; i < values.size(); ++i) m.data()[i] = static_cast<T>(values[i]);
        return m;
    }
    template <class T>
    [[nodiscard]] std::vector<T> list() const {
        std::vector<T> out;
        for (double v : values) out.push_back(static_cast<T>(v));
        return out;
    }
};

/// The tensors of a safetensors file that is known to be sound: F32, F64, I64 and U8, read without the library's own reader.
inline std::map<std::string, reference_tensor> reference_tensors(const std::filesystem::path& file) {
    const std::string bytes = slurp(file);
    std::uint64_t     size  = 0;
    std::memcpy(&size, bytes.data(), 8);
    const std::string_view                  head(bytes.data() + 8, size);
    std::map<std::string, reference_tensor> out;
    const auto                              number = [&](std::size_t& at) {
        std::size_t n = 0;
        for (; head[at] >= '0' && head[at] <= '9'; ++at) n = 10 * n + static_cast<std::size_t>(head[at] - '0');
        return n;
    };
    for (std::size_t at = 0; (at = head.find("\"dtype\":\"", at)) != head.npos;) {
        const std::size_t close = head.rfind("\":{", at), open = head.rfind('"', close - 1);
        reference_tensor& t = out[std::string(head.substr(open + 1, close - open - 1))];
        const std::string type(head.substr(at + 9, head.find('"', at + 9) - at - 9));
        at = head.find("\"shape\":[", at) + 9;
        while (head[at] != ']') {
            t.shape.push_back(number(at));
            if (head[at] == ',') ++at;
        }
        at                      = head.find("\"data_offsets\":[", at) + 16;
        std::size_t       begin = number(at), end = number(++at);
        const std::size_t width = type == "F32" ? 4 : type == "U8" ? 1 : 8;
        for (const char* p = bytes.data() + 8 + size + begin; begin < end; begin += width, p += width) {
            float        f = 0;
            double       d = 0;
            std::int64_t i = 0;
            if (type == "F32") std::memcpy(&f, p, 4), d = static_cast<double>(f);
            else if (type == "F64") std::memcpy(&d, p, 8);
            else if (type == "I64") std::memcpy(&i, p, 8), d = static_cast<double>(i);
            else if (type == "U8") d = static_cast<unsigned char>(*p);
            else throw std::runtime_error("a type that this reader lacks: " + type);
            t.values.push_back(d);
        }
    }
    return out;
}

/// The largest difference, relative to the largest number of the reference, or to `scale` where that is more.
template <class T>
double difference(std::span<const T> got, const std::vector<double>& want, double scale = 0) {
    if (got.size() != want.size()) return HUGE_VAL;
    double worst = 0;
    scale        = std::max(scale, 1e-300);
    for (double v : want) scale = std::max(scale, std::abs(v));
    for (std::size_t i = 0; i < want.size(); ++i) {
        const double off = std::abs(static_cast<double>(got[i]) - want[i]);
        if (!(off <= worst)) worst = off;
    }
    return worst / scale;
}
template <class T>
double difference(const graft::matrix<T>& got, const reference_tensor& want) {
    return difference(std::span<const T>(got.flat()), want.values);
}

} // namespace test
