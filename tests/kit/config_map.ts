/**
 * A folder as the kubelet mounts a ConfigMap with the key `k8svent.yaml`: what is read is a link to a link to a folder of
 * its own for each version, and an update moves the one in the middle at once.
 */
export class MountedConfig {
  /** What the program is given. */
  readonly path: string;
  readonly #folder: string;
  #version = 0;

  /** @param folder that exists and is empty */
  static async mount(folder: string, text: string): Promise<MountedConfig> {
    const mounted = new MountedConfig(folder);
    await mounted.write(text);
    await Deno.symlink("..data/k8svent.yaml", mounted.path);
    return mounted;
  }

  private constructor(folder: string) {
    this.#folder = folder;
    this.path = `${folder}/k8svent.yaml`;
  }

  /** The ConfigMap changed. */
  async write(text: string): Promise<void> {
    const former = `..version-${this.#version}`;
    const version = `..version-${++this.#version}`;
    await Deno.mkdir(`${this.#folder}/${version}`);
    await Deno.writeTextFile(`${this.#folder}/${version}/k8svent.yaml`, text);
    await Deno.symlink(version, `${this.#folder}/..data_tmp`);
    await Deno.rename(`${this.#folder}/..data_tmp`, `${this.#folder}/..data`);
    if (this.#version > 1) await Deno.remove(`${this.#folder}/${former}`, { recursive: true });
  }
}
