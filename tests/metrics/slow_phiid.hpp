// SPDX-License-Identifier: MIT
// PhiID by its definition, slowly and in long double: shares no code with the metrics but the order
// of the atoms.
#pragma once

#include <phiscope/phiid_options.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <map>
#include <numbers>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace phiscope::test {

using Real = long double;
using Columns = std::array<std::vector<Real>, 4>;  // x, y, a, b: [time]

/// Local entropy of some of the columns (bits of `members`) at each time.
using LocalEntropy = std::vector<Real> (*)(const Columns& columns, unsigned members);

inline Real mean_of_column(const std::vector<Real>& column) {
  Real sum = 0;
  for (const Real value : column) sum += value;
  return sum / static_cast<Real>(column.size());
}

/// Inverse by Gauss-Jordan elimination and, as its last number, the determinant.
inline std::vector<Real> inverse_and_determinant(std::vector<Real> m, std::size_t n) {
  std::vector<Real> inverse(n * n + 1, 0);
  for (std::size_t i = 0; i < n; ++i) inverse[i * n + i] = 1;
  Real determinant = 1;
  for (std::size_t k = 0; k < n; ++k) {
    const Real pivot = m[k * n + k];
    determinant *= pivot;
    for (std::size_t j = 0; j < n; ++j) {
      m[k * n + j] /= pivot;
      inverse[k * n + j] /= pivot;
    }
    for (std::size_t i = 0; i < n; ++i) {
      if (i == k) continue;
      const Real factor = m[i * n + k];
      for (std::size_t j = 0; j < n; ++j) {
        m[i * n + j] -= factor * m[k * n + j];
        inverse[i * n + j] -= factor * inverse[k * n + j];
      }
    }
  }
  inverse[n * n] = determinant;
  return inverse;
}

/// Minus the log-density of a Gaussian with the sample's covariance (n - 1), nats.
inline std::vector<Real> gaussian_entropy(const Columns& columns, unsigned members) {
  std::vector<std::size_t> chosen;
  for (std::size_t k = 0; k < 4; ++k) {
    if ((members >> k & 1U) != 0) chosen.push_back(k);
  }
  const std::size_t d = chosen.size();
  const std::size_t n = columns[0].size();
  std::vector<Real> means(4);
  for (std::size_t k = 0; k < 4; ++k) means[k] = mean_of_column(columns[k]);
  const auto deviation = [&](std::size_t c, std::size_t t) {
    return columns[chosen[c]][t] - means[chosen[c]];
  };
  std::vector<Real> covariance(d * d, 0);
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < d; ++j) {
      for (std::size_t t = 0; t < n; ++t) {
        covariance[i * d + j] += deviation(i, t) * deviation(j, t) / static_cast<Real>(n - 1);
      }
    }
  }
  const std::vector<Real> inverse = inverse_and_determinant(covariance, d);
  std::vector<Real> entropy(n);
  for (std::size_t t = 0; t < n; ++t) {
    Real square = 0;
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = 0; j < d; ++j) {
        square += deviation(i, t) * inverse[i * d + j] * deviation(j, t);
      }
    }
    entropy[t] = 0.5L * (square + std::log(inverse[d * d]) +
                         static_cast<Real>(d) * std::log(2 * std::numbers::pi_v<Real>));
  }
  return entropy;
}

/// Surprise of the columns, binarised by their means, in the sample itself; bits.
inline std::vector<Real> binary_entropy(const Columns& columns, unsigned members) {
  const std::size_t n = columns[0].size();
  std::vector<std::string> words(n);
  std::map<std::string, Real> counts;
  for (std::size_t t = 0; t < n; ++t) {
    for (std::size_t k = 0; k < 4; ++k) {
      if ((members >> k & 1U) == 0) continue;
      words[t] += columns[k][t] > mean_of_column(columns[k]) ? '1' : '0';
    }
    counts[words[t]] += 1;
  }
  std::vector<Real> entropy(n);
  for (std::size_t t = 0; t < n; ++t)
    entropy[t] = -std::log2(counts[words[t]] / static_cast<Real>(n));
  return entropy;
}

/// The slow decomposition. [16][time], atoms in the usual order.
struct SlowPhiid {
  std::array<std::vector<Real>, 16> local;
  std::array<double, 16> atoms{};  ///< means
  double tdmi = 0.0;
};

inline int sign_of(Real x) {
  return x > 1e-10L ? 1 : x < -1e-10L ? -1 : 0;
}

inline SlowPhiid slow_phiid(const Columns& columns, LocalEntropy entropy, Redundancy redundancy) {
  const std::size_t n = columns[0].size();
  // Places in the lattice of one side: 0 redundant, 1 first, 2 second, 3 both together.
  using Series = std::vector<Real>;
  std::array<std::array<Series, 4>, 4> shared;  // [past][future]: redundancy function, local
  const auto informations = [&](unsigned past, unsigned future) {
    const Series p = entropy(columns, past);
    const Series f = entropy(columns, future << 2U);
    Series both = entropy(columns, past | future << 2U);
    for (std::size_t t = 0; t < n; ++t) both[t] = p[t] + f[t] - both[t];
    return both;
  };
  for (unsigned p = 1; p < 4; ++p) {
    for (unsigned f = 1; f < 4; ++f) shared[p][f] = informations(p, f);
  }
  const auto overlap = [&](const Series& i1, const Series& i2, const Series& i12) {
    if (redundancy == Redundancy::mmi) return mean_of_column(i1) < mean_of_column(i2) ? i1 : i2;
    Series r(n, 0);
    for (std::size_t t = 0; t < n; ++t) {
      const Real c = i12[t] - i1[t] - i2[t];
      const bool agree = sign_of(i1[t]) == sign_of(i2[t]) && sign_of(i1[t]) == sign_of(i12[t]) &&
                         sign_of(i1[t]) == sign_of(-c);
      if (agree) r[t] = -c;
    }
    return r;
  };
  for (unsigned k = 1; k < 4; ++k) {
    shared[0][k] = overlap(shared[1][k], shared[2][k], shared[3][k]);
    shared[k][0] = overlap(shared[k][1], shared[k][2], shared[k][3]);
  }
  if (redundancy == Redundancy::mmi) {
    Series least = shared[1][1];
    for (const auto* other : {&shared[1][2], &shared[2][1], &shared[2][2]}) {
      if (mean_of_column(*other) < mean_of_column(least)) least = *other;
    }
    shared[0][0] = least;
  } else {
    shared[0][0] = Series(n, 0);
    for (std::size_t t = 0; t < n; ++t) {
      // Inclusion and exclusion over the three places of each side above the redundant one.
      Real d = 0;
      for (unsigned p = 0; p < 4; ++p) {
        for (unsigned f = 0; f < 4; ++f) {
          if (p == 0 && f == 0) continue;
          const Real weight = (p == 1 || p == 2 ? -1 : 1) * (f == 1 || f == 2 ? -1 : 1);
          d -= weight * shared[p][f][t];
        }
      }
      const int sign = sign_of(shared[1][1][t]);
      if (sign == sign_of(shared[1][2][t]) && sign == sign_of(shared[2][1][t]) &&
          sign == sign_of(shared[2][2][t]) && sign == sign_of(d)) {
        shared[0][0][t] = d;
      }
    }
  }
  // An atom is what the redundancy function has beyond all atoms below it.
  const auto below = [](unsigned a, unsigned b) { return a == b || a == 0 || b == 3; };
  SlowPhiid result;
  for (unsigned p = 0; p < 4; ++p) {
    for (unsigned f = 0; f < 4; ++f) {
      Series atom = shared[p][f];
      for (unsigned q = 0; q < 4; ++q) {
        for (unsigned g = 0; g < 4; ++g) {
          if ((q == p && g == f) || !below(q, p) || !below(g, f)) continue;
          for (std::size_t t = 0; t < n; ++t) atom[t] -= result.local[4 * q + g][t];
        }
      }
      result.local[4 * p + f] = atom;
      result.atoms[4 * p + f] = static_cast<double>(mean_of_column(atom));
    }
  }
  result.tdmi = static_cast<double>(mean_of_column(shared[3][3]));
  return result;
}

/// The four segments of two series at a lag.
inline Columns segments(std::span<const double> x, std::span<const double> y, std::size_t lag) {
  const std::size_t n = x.size() - lag;
  const auto column = [](std::span<const double> part) {
    return std::vector<Real>(part.begin(), part.end());
  };
  return {column(x.first(n)), column(y.first(n)), column(x.last(n)), column(y.last(n))};
}

/// Series that depend on their past and on each other, positive like norms, [time, series].
inline std::vector<double> coupled_series(std::uint64_t seed, std::size_t times,
                                          std::size_t series) {
  std::mt19937_64 engine(seed);
  const auto noise = [&engine] {
    return static_cast<double>(engine() >> 11) * 0x1p-52 - 1.0;  // in [-1, 1)
  };
  std::vector<double> state(series, 0.0);
  std::vector<double> values;
  for (std::size_t t = 0; t < times; ++t) {
    const double common = noise();
    std::vector<double> next(series);
    for (std::size_t j = 0; j < series; ++j) {
      next[j] = 0.5 * state[j] + 0.2 * state[(j + 1) % series] + 0.4 * common + noise();
    }
    state = next;
    for (const double value : state) values.push_back(5.0 + value);
  }
  return values;
}

/// One series of [time, series].
inline std::vector<double> column_of(std::span<const double> values, std::size_t series,
                                     std::size_t j) {
  std::vector<double> column;
  for (std::size_t t = j; t < values.size(); t += series) column.push_back(values[t]);
  return column;
}

}  // namespace phiscope::test
