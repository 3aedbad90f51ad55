/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A model as the strategies see it: what its file says and the network that runs it. */
#pragma once

#include "net/net.h"
#include "p3m.h"

const P3mNet *p3m_model_get_net (const P3mModel *model);
