// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** A short form: how it is made long, and what it looks like. */
export interface ShortForm {
  /** Gives other values back as they are. */
  readonly expand: (value: unknown) => unknown;
  /** Of the short form alone. */
  readonly jsonSchema: Readonly<Record<string, unknown>>;
}

/** Kept by zod, so that a schema made from another, as by `describe`, has its short form too. */
const SHORT_FORMS = z.registry<Pick<ShortForm, 'jsonSchema'>>();

/** Takes what `schema` takes, and a short form of it. */
export function orShort<Schema extends z.ZodType>(schema: Schema, { expand, jsonSchema }: ShortForm) {
  const either = z.preprocess(expand, schema);
  SHORT_FORMS.add(either, { jsonSchema });
  return either;
}

/** An `override` of `z.toJSONSchema`, which knows nothing of short forms: they stand beside the long ones. */
export function showShortForms(context: {
  readonly zodSchema: z.core.$ZodType;
  readonly jsonSchema: z.core.JSONSchema.BaseSchema;
}): void {
  const { zodSchema, jsonSchema } = context;
  const short = SHORT_FORMS.get(zodSchema)?.jsonSchema;
  if (short === undefined) return;
  const { description: _of, default: _value, ...long } = jsonSchema;
  for (const field of Object.keys(long)) delete jsonSchema[field];
  jsonSchema.anyOf = [short, long];
}
