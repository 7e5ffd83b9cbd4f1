import * as client from "@kubernetes/client-node";

/** A model of the client, as far as it says of what it consists. */
interface Model {
  getAttributeTypeMap(): { baseName: string; type: string }[];
}

/** What stands in the fields of the made-up object. */
export interface Filling {
  /** Of a text, by its path: `spec.containers.0.name`. */
  text: (path: string) => string;
  /** Of a number. */
  number: () => unknown;
  /** Whether a field that may be left out is there. */
  has: (path: string) => boolean;
}

/** An object of a type of Kubernetes' API (`V1Pod`) with every field that the type has, in it and in all below. */
export function everyField(type: string, filling: Filling, path = ""): unknown {
  const list = /^Array<(.*)>$/.exec(type)?.[1];
  if (list !== undefined) return [0, 1].map((index) => everyField(list, filling, `${path}.${index}`));
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(type)?.[1];
  if (map !== undefined) {
    return Object.fromEntries(["a", "b/c"].map((key) => [key, everyField(map, filling, `${path}.${key}`)]));
  }
  if (["string", "Date", "V1MicroTime", "IntOrString", "Set<string>"].includes(type)) {
    return filling.text(path);
  }
  if (type === "any") return { any: filling.text(`${path}.any`) };
  if (type === "number") return filling.number();
  if (type === "boolean") return true;
  const model = (client as unknown as Record<string, Model | undefined>)[type];
  if (model === undefined) throw new Error(`${path} is of the type ${type}, which is none of the client`);
  const fields = model.getAttributeTypeMap().map(({ baseName, type }) => ({
    name: baseName,
    at: path === "" ? baseName : `${path}.${baseName}`,
    type,
  }));
  return Object.fromEntries(
    fields.filter(({ at }) => filling.has(at)).map((
      { name, at, type },
    ) => [name, everyField(type, filling, at)]),
  );
}
