/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* How the preview shows the picture: view, background, zoom. */
#include "view-bar.h"

#include <glib/gi18n-lib.h>

#define SPACING 6 /* logical px */

struct _P3mViewBar
{
  GtkBox parent_instance;
  P3mPreview *preview;
  GtkWidget *view, *colour;
};

G_DEFINE_TYPE (P3mViewBar, p3m_view_bar, GTK_TYPE_BOX)

static void
on_view_chosen (P3mViewBar *self)
{
  p3m_preview_set_view (self->preview,
                        (P3mView) gtk_combo_box_get_active (GTK_COMBO_BOX (self->view)));
}

static void
on_view_changed (P3mViewBar *self)
{
  const P3mView view = p3m_preview_get_view (self->preview);
  gtk_combo_box_set_active (GTK_COMBO_BOX (self->view), (int) view);
  gtk_widget_set_visible (self->colour, view == P3M_VIEW_COLOUR);
}

static void
on_colour_chosen (P3mViewBar *self)
{
  GdkRGBA colour;
  gtk_color_chooser_get_rgba (GTK_COLOR_CHOOSER (self->colour), &colour);
  p3m_preview_set_colour (self->preview, &colour);
}

static void
on_fit (P3mViewBar *self)
{
  p3m_preview_set_zoom (self->preview, 0);
}

static void
on_one_to_one (P3mViewBar *self)
{
  p3m_preview_set_zoom (self->preview, 1);
}

/* Each with the key that chooses it. */
static GtkWidget *
build_view_list (P3mView active)
{
  static const char *const names[P3M_VIEWS] = { N_ ("Original"),    N_ ("On a checkerboard"),
                                                N_ ("On black"),    N_ ("On white"),
                                                N_ ("On a colour"), N_ ("Red overlay"),
                                                N_ ("Alpha matte"), N_ ("Before and after") };
  GtkWidget *list = gtk_combo_box_text_new ();
  for (int i = 0; i < P3M_VIEWS; i++)
    {
      g_autofree char *entry = g_strdup_printf ("%d  %s", i + 1, _ (names[i]));
      gtk_combo_box_text_append_text (GTK_COMBO_BOX_TEXT (list), entry);
    }
  gtk_combo_box_set_active (GTK_COMBO_BOX (list), (int) active);
  gtk_widget_set_tooltip_text (list, _ ("How the picture is shown; the keys 1 to 8 choose it too"));
  return list;
}

static GtkWidget *
build_button (P3mViewBar *self, const char *text, const char *tip, void (*pressed) (P3mViewBar *))
{
  GtkWidget *button = gtk_button_new_with_mnemonic (text);
  gtk_widget_set_tooltip_text (button, tip);
  atk_object_set_description (gtk_widget_get_accessible (button), tip);
  g_signal_connect_swapped (button, "clicked", G_CALLBACK (pressed), self);
  return button;
}

static void
p3m_view_bar_class_init (P3mViewBarClass *klass)
{
  (void) klass;
}

static void
p3m_view_bar_init (P3mViewBar *self)
{
  (void) self;
}

static void
pack (P3mViewBar *self)
{
  GtkBox *box = GTK_BOX (self);
  GtkWidget *label = gtk_label_new_with_mnemonic (_ ("_View"));
  gtk_label_set_mnemonic_widget (GTK_LABEL (label), self->view);
  gtk_box_pack_start (box, label, FALSE, FALSE, 0);
  gtk_box_pack_start (box, self->view, FALSE, FALSE, 0);
  gtk_box_pack_start (box, self->colour, FALSE, FALSE, 0);
  gtk_box_pack_end (box,
                    build_button (self, _ ("_1:1"),
                                  _ ("One pixel of the layer on one of the screen"), on_one_to_one),
                    FALSE, FALSE, 0);
  gtk_box_pack_end (box, build_button (self, _ ("Fi_t"), _ ("Show the whole layer"), on_fit), FALSE,
                    FALSE, 0);
}

GtkWidget *
p3m_view_bar_new (P3mPreview *preview)
{
  P3mViewBar *self = g_object_new (P3M_TYPE_VIEW_BAR, "spacing", SPACING, NULL);
  self->preview = preview;
  self->view = build_view_list (p3m_preview_get_view (preview));
  self->colour = gtk_color_button_new_with_rgba (&(GdkRGBA){ 0.2, 0.6, 0.3, 1 });
  atk_object_set_name (gtk_widget_get_accessible (self->colour), _ ("Background colour"));
  gtk_widget_set_tooltip_text (self->colour, _ ("Background colour"));
  gtk_widget_set_no_show_all (self->colour, TRUE);
  on_colour_chosen (self);
  pack (self);
  g_signal_connect_swapped (self->view, "changed", G_CALLBACK (on_view_chosen), self);
  g_signal_connect_object (preview, "view-changed", G_CALLBACK (on_view_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_swapped (self->colour, "color-set", G_CALLBACK (on_colour_chosen), self);
  return GTK_WIDGET (self);
}
