// SPDX-License-Identifier: MPL-2.0
// PhraseIndex: all phrases of all rules, found in one pass over a text. A rule then only asks whether one of
// its lists was met.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reprompt {

/// At the end of a phrase: it must end a word, so that "use|" is not met in "user".
inline constexpr char word_end = '|';

/// Which lists were met; index = list id.
using ListHits = std::vector<std::uint8_t>;

class PhraseIndex {
  public:
    struct Phrase {
        std::string text;
        std::vector<std::uint16_t> lists;  ///< that it is in, rising
    };

    PhraseIndex();
    /// All phrases of `lists` lists, each once, in the order of their octets.
    PhraseIndex(std::vector<Phrase> phrases, std::size_t lists);
    /// A list of folded phrases, each at least two octets; one that ends in `word_end` must end a word too.
    /// The same list given twice gets the same id.
    std::uint16_t add_list(std::vector<std::string> phrases);
    /// `hits` is resized and overwritten. A phrase is met where it begins a word (words.hpp) and its octets
    /// are there.
    void find(std::string_view folded, ListHits& hits) const;
    [[nodiscard]] std::size_t lists() const noexcept { return lists_.size(); }
    [[nodiscard]] std::size_t size() const noexcept { return phrases_.size(); }
    [[nodiscard]] const Phrase& phrase(std::size_t id) const { return phrases_[id]; }
    /// The phrases of one list, in the order of their octets.
    [[nodiscard]] std::vector<std::string_view> phrases_of(std::uint16_t list) const {
        std::vector<std::string_view> texts;
        texts.reserve(lists_[list].size());
        for (const auto id : lists_[list])
            texts.push_back(phrases_[id].text);
        return texts;
    }

  private:
    /// Of a text of at least two octets that begins with a phrase, the same as of the phrase.
    static std::size_t bucket_of(std::string_view text) noexcept;
    std::vector<Phrase> phrases_;
    std::vector<std::vector<std::uint16_t>> lists_;  ///< ids of phrases, in the order of their texts
    std::vector<std::vector<std::uint16_t>> buckets_;
};

}  // namespace reprompt
