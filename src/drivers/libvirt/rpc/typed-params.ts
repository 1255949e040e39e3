import { protocolError } from './protocol-error.ts';
import { type Codec, type Decoded, double, flag, hyper, int, string, struct, uhyper, uint } from './xdr.ts';

/** `virTypedParameterType` of `libvirt-common.h`. */
export const typedParamTypes = {
  INT: 1,
  UINT: 2,
  LLONG: 3,
  ULLONG: 4,
  DOUBLE: 5,
  BOOLEAN: 6,
  STRING: 7,
} as const;

export type TypedValue =
  | { readonly type: 'INT' | 'UINT' | 'DOUBLE'; readonly value: number }
  | { readonly type: 'LLONG' | 'ULLONG'; readonly value: bigint }
  | { readonly type: 'BOOLEAN'; readonly value: boolean }
  | { readonly type: 'STRING'; readonly value: string };

/** `remote_typed_param_value`: a number that says the type, then the value. */
const typedValue: Codec<TypedValue> = {
  read(reader) {
    const type = reader.int();
    switch (type) {
      case typedParamTypes.INT:
        return { type: 'INT', value: reader.int() };
      case typedParamTypes.UINT:
        return { type: 'UINT', value: reader.uint() };
      case typedParamTypes.LLONG:
        return { type: 'LLONG', value: reader.hyper() };
      case typedParamTypes.ULLONG:
        return { type: 'ULLONG', value: reader.uhyper() };
      case typedParamTypes.DOUBLE:
        return { type: 'DOUBLE', value: reader.double() };
      case typedParamTypes.BOOLEAN:
        return { type: 'BOOLEAN', value: flag.read(reader) };
      case typedParamTypes.STRING:
        return { type: 'STRING', value: string.read(reader) };
      default:
        // Its length is not known, so nothing after it can be read.
        throw protocolError(`A typed parameter of unknown type ${type}.`);
    }
  },
  write(writer, typed) {
    writer.int(typedParamTypes[typed.type]);
    switch (typed.type) {
      case 'INT':
        return int.write(writer, typed.value);
      case 'UINT':
        return uint.write(writer, typed.value);
      case 'LLONG':
        return hyper.write(writer, typed.value);
      case 'ULLONG':
        return uhyper.write(writer, typed.value);
      case 'DOUBLE':
        return double.write(writer, typed.value);
      case 'BOOLEAN':
        return flag.write(writer, typed.value);
      case 'STRING':
        return string.write(writer, typed.value);
      default:
        typed satisfies never;
    }
  },
  minBytes: 8,
};

/** `remote_typed_param`. Only the hot path of statistics reads them otherwise (`stats-decoder.ts`). */
export const typedParam = struct({ field: string, value: typedValue });
export type TypedParam = Decoded<typeof typedParam>;
