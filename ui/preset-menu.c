/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The button with the presets: load, save, delete, reset. */
#include "preset-menu.h"

#include <string.h>
#include <glib/gi18n-lib.h>

#include "presets.h"

/* Distances of the GNOME HIG, in logical px. */
#define BORDER  12
#define SPACING 12

/* Key of the name that a menu item stands for. */
#define NAME "p3m-preset"

struct _P3mPresetMenu
{
  GtkMenuButton parent_instance;
  P3mSettings *settings;
};

G_DEFINE_TYPE (P3mPresetMenu, p3m_preset_menu, GTK_TYPE_MENU_BUTTON)

enum
{
  CHANGED,
  FAILED,
  SIGNALS
};

static guint signals[SIGNALS];

static void fill (P3mPresetMenu *self);

static void
report (P3mPresetMenu *self, gboolean succeeded, const GError *error)
{
  if (succeeded)
    fill (self);
  else
    g_signal_emit (self, signals[FAILED], 0, error->message);
}

/* ---- what the items do ------------------------------------------------------------------------ */

static void
on_load (GtkWidget *item, P3mPresetMenu *self)
{
  g_autoptr (GError) error = NULL;
  if (p3m_preset_load (g_object_get_data (G_OBJECT (item), NAME), self->settings, &error))
    g_signal_emit (self, signals[CHANGED], 0);
  else
    report (self, FALSE, error);
}

static void
on_delete (GtkWidget *item, P3mPresetMenu *self)
{
  g_autoptr (GError) error = NULL;
  report (self, p3m_preset_delete (g_object_get_data (G_OBJECT (item), NAME), &error), error);
}

static void
on_reset (GtkWidget *item, P3mPresetMenu *self)
{
  (void) item;
  p3m_settings_clear (self->settings);
  p3m_settings_init (self->settings);
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
on_name_changed (GtkEntry *entry, GtkDialog *dialog)
{
  const char *name = gtk_entry_get_text (entry);
  gtk_dialog_set_response_sensitive (dialog, GTK_RESPONSE_ACCEPT, *name != '\0');
}

static GtkWidget *
build_name_entry (GtkWidget *dialog)
{
  GtkWidget *content = gtk_dialog_get_content_area (GTK_DIALOG (dialog));
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, SPACING);
  GtkWidget *label = gtk_label_new_with_mnemonic (_ ("_Name:"));
  GtkWidget *entry = gtk_entry_new ();
  gtk_label_set_mnemonic_widget (GTK_LABEL (label), entry);
  gtk_entry_set_activates_default (GTK_ENTRY (entry), TRUE);
  gtk_container_set_border_width (GTK_CONTAINER (box), BORDER);
  gtk_box_pack_start (GTK_BOX (box), label, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), entry, TRUE, TRUE, 0);
  gtk_container_add (GTK_CONTAINER (content), box);
  gtk_widget_show_all (box);
  g_signal_connect (entry, "changed", G_CALLBACK (on_name_changed), dialog);
  return entry;
}

static void
on_save (GtkWidget *item, P3mPresetMenu *self)
{
  GtkWidget *window = gtk_widget_get_toplevel (GTK_WIDGET (self));
  GtkWidget *dialog = gtk_dialog_new_with_buttons (
      _ ("Save the Preset"), GTK_WINDOW (window), GTK_DIALOG_MODAL | GTK_DIALOG_DESTROY_WITH_PARENT,
      _ ("_Cancel"), GTK_RESPONSE_CANCEL, _ ("_Save"), GTK_RESPONSE_ACCEPT, NULL);
  GtkWidget *entry = build_name_entry (dialog);
  (void) item;
  gtk_dialog_set_default_response (GTK_DIALOG (dialog), GTK_RESPONSE_ACCEPT);
  gtk_dialog_set_response_sensitive (GTK_DIALOG (dialog), GTK_RESPONSE_ACCEPT, FALSE);
  if (gtk_dialog_run (GTK_DIALOG (dialog)) == GTK_RESPONSE_ACCEPT)
    {
      g_autoptr (GError) error = NULL;
      const char *name = gtk_entry_get_text (GTK_ENTRY (entry));
      report (self, p3m_preset_save (name, self->settings, &error), error);
    }
  gtk_widget_destroy (dialog);
}

/* ---- the menu --------------------------------------------------------------------------------- */

static void
add_item (P3mPresetMenu *self, GtkWidget *menu, GtkWidget *item, const char *name,
          void (*chosen) (GtkWidget *, P3mPresetMenu *))
{
  g_object_set_data_full (G_OBJECT (item), NAME, g_strdup (name), g_free);
  g_signal_connect (item, "activate", G_CALLBACK (chosen), self);
  gtk_menu_shell_append (GTK_MENU_SHELL (menu), item);
}

static void
add_presets (P3mPresetMenu *self, GtkWidget *menu, char **names,
             void (*chosen) (GtkWidget *, P3mPresetMenu *))
{
  for (; *names; names++)
    add_item (self, menu, gtk_menu_item_new_with_label (*names), *names, chosen);
}

/* The menu again, after the presets have become others. */
static void
fill (P3mPresetMenu *self)
{
  g_auto (GStrv) names = p3m_presets_list ();
  GtkWidget *menu = gtk_menu_new ();
  GtkWidget *deletion = gtk_menu_item_new_with_mnemonic (_ ("_Delete"));
  add_presets (self, menu, names, on_load);
  if (*names)
    gtk_menu_shell_append (GTK_MENU_SHELL (menu), gtk_separator_menu_item_new ());
  add_item (self, menu, gtk_menu_item_new_with_mnemonic (_ ("_Save the settings…")), NULL, on_save);
  if (*names)
    {
      GtkWidget *submenu = gtk_menu_new ();
      add_presets (self, submenu, names, on_delete);
      gtk_menu_item_set_submenu (GTK_MENU_ITEM (deletion), submenu);
    }
  gtk_widget_set_sensitive (deletion, *names != NULL);
  gtk_menu_shell_append (GTK_MENU_SHELL (menu), deletion);
  gtk_menu_shell_append (GTK_MENU_SHELL (menu), gtk_separator_menu_item_new ());
  add_item (self, menu, gtk_menu_item_new_with_mnemonic (_ ("_Reset all settings")), NULL,
            on_reset);
  gtk_widget_show_all (menu);
  gtk_menu_button_set_popup (GTK_MENU_BUTTON (self), menu);
}

static void
p3m_preset_menu_class_init (P3mPresetMenuClass *klass)
{
  (void) klass;
  signals[CHANGED] = g_signal_new ("changed", P3M_TYPE_PRESET_MENU, G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 0);
  signals[FAILED] = g_signal_new ("failed", P3M_TYPE_PRESET_MENU, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
p3m_preset_menu_init (P3mPresetMenu *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, SPACING / 2);
  GtkWidget *label = gtk_label_new_with_mnemonic (_ ("P_resets"));
  gtk_label_set_mnemonic_widget (GTK_LABEL (label), GTK_WIDGET (self));
  gtk_container_add (GTK_CONTAINER (box), label);
  gtk_container_add (GTK_CONTAINER (box),
                     gtk_image_new_from_icon_name ("pan-down-symbolic", GTK_ICON_SIZE_BUTTON));
  gtk_container_add (GTK_CONTAINER (self), box);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), _ ("Settings that are kept under a name"));
  atk_object_set_description (gtk_widget_get_accessible (GTK_WIDGET (self)),
                              _ ("Settings that are kept under a name"));
}

GtkWidget *
p3m_preset_menu_new (P3mSettings *settings)
{
  P3mPresetMenu *self = g_object_new (P3M_TYPE_PRESET_MENU, NULL);
  self->settings = settings;
  fill (self);
  return GTK_WIDGET (self);
}
