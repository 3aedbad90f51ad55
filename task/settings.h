/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What a person asks for: one table that dialog, procedures, command line and presets share. */
#pragma once

#include "p3m.h"

G_BEGIN_DECLS

/* What is made of the matte:
 * P3M_OUTPUT_MASK: a mask for the layer
 * P3M_OUTPUT_LAYER_WITH_MASK: a new layer above, with the person's own colours and the alpha as its mask;
 *   the layer itself is hidden
 * P3M_OUTPUT_CUT_OUT: the same with the alpha in the new layer's own alpha channel
 * P3M_OUTPUT_SELECTION: the picture's selection
 * P3M_OUTPUT_CHANNEL: a channel that holds the alpha
 * P3M_OUTPUT_TRIMAP: a channel with background, unknown and person */
typedef enum
{
  P3M_OUTPUT_MASK,
  P3M_OUTPUT_LAYER_WITH_MASK,
  P3M_OUTPUT_CUT_OUT,
  P3M_OUTPUT_SELECTION,
  P3M_OUTPUT_CHANNEL,
  P3M_OUTPUT_TRIMAP
} P3mOutput;

/* How an alpha joins a mask that the layer has: in its place, the lesser of both, the greater of both. */
typedef enum
{
  P3M_EXISTING_REPLACE,
  P3M_EXISTING_INTERSECT,
  P3M_EXISTING_ADD
} P3mExisting;

/* Everything that can be chosen. Texts are owned and never NULL.
 *
 * model: as p3m_model_load() takes it, "" = the default.
 * people: the points of P3M_KEEP_POINTS, "x,y x,y ...", px of the picture.
 * specks, holes: as in P3mSubjects.
 * decontaminate: 0..100, how far the colours of a new layer are freed from the background.
 * trimap_band: px of the picture, 0..P3M_MAX_BAND. */
typedef struct
{
  char *model;
  P3mStrategy strategy;
  P3mRefinement refinement;
  P3mKeep keep;
  char *people;
  double specks, holes;
  double decontaminate;
  P3mOutput output;
  P3mExisting existing;
  double trimap_band;
} P3mSettings;

typedef enum
{
  P3M_SETTING_NUMBER,
  P3M_SETTING_CHOICE,
  P3M_SETTING_TEXT
} P3mSettingType;

/* One value of a P3M_SETTING_CHOICE; its number is its place in the list. label: to be translated. */
typedef struct
{
  const char *name, *label;
} P3mChoice;

/* One field of P3mSettings.
 *
 * name: of the procedures' argument, the command line's option and the preset's key.
 * label: for a person, with a mnemonic; description: one sentence. Both to be translated with _().
 * offset: of the field in P3mSettings.
 * least, most, initial: of a P3M_SETTING_NUMBER; initial: also the number of a choice.
 * digits: after the decimal point that are worth showing.
 * unit: "px", or "" for none.
 * choices: of a P3M_SETTING_CHOICE, ended by a NULL name. */
typedef struct
{
  const char *name, *label, *description;
  P3mSettingType type;
  gsize offset;
  double least, most, initial;
  int digits;
  const char *unit;
  const P3mChoice *choices;
} P3mSetting;

/* All settings, in the order in which they are shown, ended by a NULL name. */
extern const P3mSetting p3m_setting_list[];

/* The setting of that name, NULL = there is none. */
const P3mSetting *p3m_setting_find (const char *name);

/* For a P3M_SETTING_NUMBER. A number outside of the range becomes its nearest end. */
double p3m_setting_get_number (const P3mSetting *setting, const P3mSettings *settings);
void p3m_setting_set_number (const P3mSetting *setting, P3mSettings *settings, double value);

/* For a P3M_SETTING_CHOICE: the number of the choice. */
int p3m_setting_get_choice (const P3mSetting *setting, const P3mSettings *settings);
void p3m_setting_set_choice (const P3mSetting *setting, P3mSettings *settings, int choice);

/* For a P3M_SETTING_TEXT; what is handed in is copied, NULL = "". */
const char *p3m_setting_get_text (const P3mSetting *setting, const P3mSettings *settings);
void p3m_setting_set_text (const P3mSetting *setting, P3mSettings *settings, const char *text);

/* Any setting as text, the same in every language (transfer full). */
char *p3m_setting_format (const P3mSetting *setting, const P3mSettings *settings);

/* The reverse. FALSE with G_IO_ERROR_INVALID_ARGUMENT, and the setting as it was, when the text is no value
 * of this setting. */
gboolean p3m_setting_parse (const P3mSetting *setting, P3mSettings *settings, const char *text,
                            GError **error);

/* All defaults; the texts are to be freed with p3m_settings_clear(). */
void p3m_settings_init (P3mSettings *settings);
void p3m_settings_clear (P3mSettings *settings);

/* Makes `settings`, which is initialized, a copy of `from`. */
void p3m_settings_copy (P3mSettings *settings, const P3mSettings *from);

/* As lines "name=value" of a key file's group [p3m] (transfer full), and back: settings that the text does
 * not name keep their value, names that nobody knows are passed over. FALSE with
 * G_IO_ERROR_INVALID_ARGUMENT or a GKeyFileError, and the settings as they were. */
char *p3m_settings_to_text (const P3mSettings *settings);
gboolean p3m_settings_from_text (P3mSettings *settings, const char *text, GError **error);

/* The points of `people` (transfer full, of P3mPoint). */
GArray *p3m_settings_get_people (const P3mSettings *settings);
void p3m_settings_set_people (P3mSettings *settings, const GArray *people);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (P3mSettings, p3m_settings_clear)

G_END_DECLS
