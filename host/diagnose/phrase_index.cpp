// SPDX-License-Identifier: MPL-2.0
#include "diagnose/phrase_index.hpp"

#include <algorithm>

#include "diagnose/words.hpp"

namespace reprompt {
namespace {
constexpr std::size_t bucket_count = 1024;

bool starts_with_phrase(std::string_view text, std::string_view phrase) noexcept {
    const bool whole = phrase.ends_with(word_end);
    if (whole) phrase.remove_suffix(1);
    return text.starts_with(phrase) && (!whole || text.size() == phrase.size() ||
                                        !joins_word(static_cast<unsigned char>(text[phrase.size()])));
}

bool is_in(const PhraseIndex::Lists& lists, std::uint16_t list) {
    return std::binary_search(lists.begin(), lists.end(), list);
}
}  // namespace

PhraseIndex::PhraseIndex() : buckets_(bucket_count, none) {}

PhraseIndex::PhraseIndex(std::size_t lists, std::vector<Lists> sets)
    : sets_(std::move(sets)), list_sizes_(lists), buckets_(bucket_count, none) {}

void PhraseIndex::add_phrase(std::string_view text, std::size_t set) {
    auto& bucket = buckets_[bucket_of(text)];
    const auto id = static_cast<std::uint32_t>(phrases_.size());
    phrases_.push_back({static_cast<std::uint32_t>(octets_.size()), static_cast<std::uint32_t>(text.size()),
                        static_cast<std::uint32_t>(set), bucket});
    octets_ += text;
    bucket = id;
    for (const auto list : sets_[set])
        ++list_sizes_[list];
}

// By the first two octets; of a letter of three (CJK, hangul: many phrases, few first pairs) by all of it.
std::size_t PhraseIndex::bucket_of(std::string_view text) noexcept {
    std::size_t hash = static_cast<unsigned char>(text[0]) * 37U + static_cast<unsigned char>(text[1]);
    if (static_cast<unsigned char>(text[0]) >= 0xE0 && text.size() > 2)
        hash = hash * 37U + static_cast<unsigned char>(text[2]);
    return hash % bucket_count;
}

std::optional<std::uint32_t> PhraseIndex::id_of(std::string_view text) const {
    auto id = buckets_[bucket_of(text)];
    while (id != none && text_of(phrases_[id]) != text)
        id = phrases_[id].next;
    return id == none ? std::nullopt : std::optional(id);
}

std::uint32_t PhraseIndex::set_of(Lists lists) {
    // One that a phrase of the same list has got before is among the last.
    const auto known = std::find(sets_.rbegin(), sets_.rend(), lists);
    if (known != sets_.rend()) return static_cast<std::uint32_t>(sets_.rend() - known - 1);
    sets_.push_back(std::move(lists));
    return static_cast<std::uint32_t>(sets_.size() - 1);
}

std::uint16_t PhraseIndex::add_list(std::vector<std::string> phrases) {
    std::sort(phrases.begin(), phrases.end());
    phrases.erase(std::unique(phrases.begin(), phrases.end()), phrases.end());
    const auto in_no_list = set_of({});
    std::vector<std::uint32_t> ids;
    Lists common;  // lists that all of them are in
    for (const auto& text : phrases) {
        auto id = id_of(text);
        if (!id) {
            add_phrase(text, in_no_list);
            id = static_cast<std::uint32_t>(phrases_.size() - 1);
        }
        const auto& lists = sets_[phrases_[*id].set];
        if (ids.empty()) {
            common = lists;
        } else {
            std::erase_if(common, [&](auto list) { return !is_in(lists, list); });
        }
        ids.push_back(*id);
    }
    const auto same = std::find_if(common.begin(), common.end(),
                                   [&](auto list) { return list_sizes_[list] == ids.size(); });
    if (same != common.end()) return *same;
    const auto list = static_cast<std::uint16_t>(list_sizes_.size());
    list_sizes_.push_back(static_cast<std::uint32_t>(ids.size()));
    for (const auto id : ids) {
        Lists lists = sets_[phrases_[id].set];
        lists.push_back(list);
        phrases_[id].set = set_of(std::move(lists));
    }
    return list;
}

void PhraseIndex::find(std::string_view folded, ListHits& hits) const {
    hits.assign(list_sizes_.size(), 0);
    for (std::size_t at = 0; at + 1 < folded.size(); ++at) {
        auto id = buckets_[bucket_of(folded.substr(at))];
        if (id == none || !begins_word(folded, at)) continue;
        for (; id != none; id = phrases_[id].next) {
            if (!starts_with_phrase(folded.substr(at), text_of(phrases_[id]))) continue;
            for (const auto list : sets_[phrases_[id].set])
                hits[list] = 1;
        }
    }
}

bool PhraseIndex::begins_with(std::string_view folded, std::uint16_t list) const {
    if (folded.size() < 2) return false;
    for (auto id = buckets_[bucket_of(folded)]; id != none; id = phrases_[id].next) {
        if (is_in(sets_[phrases_[id].set], list) && starts_with_phrase(folded, text_of(phrases_[id])))
            return true;
    }
    return false;
}

std::vector<std::string_view> PhraseIndex::phrases_of(std::uint16_t list) const {
    std::vector<std::string_view> texts;
    for (const auto& phrase : phrases_) {
        if (is_in(sets_[phrase.set], list)) texts.push_back(text_of(phrase));
    }
    std::sort(texts.begin(), texts.end());
    return texts;
}

}  // namespace reprompt
