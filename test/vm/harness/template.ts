// Reads a synthesized stack as CloudFormation would: resolves the intrinsic functions of the template, and nothing else.
// Used for the user data, which boots unchanged, and for the outputs, which must come out of the machine's own signals.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

interface Template {
  readonly Resources: Record<string, { Type: string; Properties?: Record<string, Json>; DependsOn?: Json }>;
  readonly Parameters?: Record<string, { Default?: Json }>;
  readonly Outputs?: Record<string, { Value: Json }>;
}

/** What CloudFormation knows and the template does not. */
export interface Deployment {
  readonly pseudo: Readonly<Record<string, string>>;
  /** `Ref` of a resource. */
  readonly ref: (logicalId: string, type: string) => string;
  /** `Fn::GetAtt`. */
  readonly attribute: (logicalId: string, type: string, name: string) => string;
}

export class SynthesizedStack {
  private readonly template: Template;

  constructor(private readonly cloudAssembly: string) {
    const file = readdirSync(cloudAssembly).find((name) => name.endsWith('.template.json'));
    if (file === undefined)
      throw new Error(`${cloudAssembly} holds no *.template.json; did 'cdk synth' run?`);
    this.template = JSON.parse(readFileSync(join(cloudAssembly, file), 'utf8')) as Template;
  }

  /** Logical id of the handle that a wait condition waits on. */
  handleOf(condition: string): string {
    const handle = this.template.Resources[condition]?.Properties?.['Handle'];
    const id =
      typeof handle === 'object' && handle !== null && !Array.isArray(handle) ? handle['Ref'] : undefined;
    if (typeof id !== 'string') throw new Error(`${condition} has no Handle with a Ref`);
    return id;
  }

  /** The user data, as text, of the instance whose logical id begins with `prefix`. */
  userData(deployment: Deployment, prefix: string): string {
    for (const [id, resource] of Object.entries(this.template.Resources)) {
      if (!id.startsWith(prefix)) continue;
      const own = resource.Properties?.['UserData'];
      const launch = resource.Properties?.['LaunchTemplateData'];
      const nested =
        typeof launch === 'object' && launch !== null && !Array.isArray(launch)
          ? launch['UserData']
          : undefined;
      const value = own ?? nested;
      // Base64 is undone by IMDS, so it is left out here.
      if (value !== undefined) return this.text(value, deployment);
    }
    throw new Error(`${this.cloudAssembly}: no resource named ${prefix}… has UserData`);
  }

  /** The script that Image Builder's component runs: the block behind the document's last `- |`. */
  componentScript(deployment: Deployment): string {
    const component = Object.values(this.template.Resources).find(
      ({ Type }) => Type === 'AWS::ImageBuilder::Component',
    );
    const document = this.text(component?.Properties?.['Data'] ?? null, deployment);
    const [, indent = '', block = ''] = /^( *)- \|\n([^]*)$/m.exec(document) ?? [];
    if (block === '') throw new Error(`${this.cloudAssembly}: the component has no script`);
    return block.replaceAll(new RegExp(`^${indent}  `, 'gm'), '');
  }

  outputs(deployment: Deployment): Record<string, string> {
    const outputs = Object.entries(this.template.Outputs ?? {});
    return Object.fromEntries(outputs.map(([name, { Value }]) => [name, this.text(Value, deployment)]));
  }

  /** Files of the assembly by `bucket/key`, as publishing would have put them. */
  assets(deployment: Deployment): Map<string, string> {
    const objects = new Map<string, string>();
    for (const name of readdirSync(this.cloudAssembly).filter((file) => file.endsWith('.assets.json'))) {
      const manifest = JSON.parse(readFileSync(join(this.cloudAssembly, name), 'utf8')) as {
        files: Record<
          string,
          {
            source: { path: string };
            destinations: Record<string, { bucketName: string; objectKey: string }>;
          }
        >;
      };
      for (const { source, destinations } of Object.values(manifest.files)) {
        for (const { bucketName, objectKey } of Object.values(destinations)) {
          const bucket = this.substitute(bucketName, deployment);
          objects.set(`${bucket}/${objectKey}`, join(this.cloudAssembly, source.path));
        }
      }
    }
    return objects;
  }

  private text(value: Json, deployment: Deployment): string {
    const resolved = this.resolve(value, deployment);
    if (typeof resolved !== 'string') throw new Error(`not a text after resolving: ${JSON.stringify(value)}`);
    return resolved;
  }

  /** An argument that the template must spell out. */
  private literal(value: Json | undefined): string {
    if (typeof value === 'string' || typeof value === 'number') return String(value);
    throw new Error(`not a literal: ${JSON.stringify(value)}`);
  }

  private resolve(value: Json, deployment: Deployment): string | string[] {
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    if (Array.isArray(value)) return value.map((item) => this.text(item, deployment));
    const [name = '', argument = null] = Object.entries(value ?? {})[0] ?? [];
    const list = Array.isArray(argument) ? argument : [];
    switch (name) {
      case 'Fn::Base64':
        return this.text(argument, deployment);
      case 'Ref':
        return this.reference(this.literal(argument), deployment);
      case 'Fn::GetAtt':
        return this.attribute(this.literal(list[0]), this.literal(list[1]), deployment);
      case 'Fn::Join': {
        const items = this.resolve(list[1] ?? null, deployment);
        return Array.isArray(items) ? items.join(this.literal(list[0])) : items;
      }
      case 'Fn::Split':
        return this.text(list[1] ?? null, deployment).split(this.literal(list[0]));
      case 'Fn::Select': {
        const chosen = this.resolve(list[1] ?? null, deployment)[Number(list[0])];
        if (chosen === undefined)
          throw new Error(`Fn::Select ${this.literal(list[0])}: not that many in ${JSON.stringify(list[1])}`);
        return chosen;
      }
      case 'Fn::Sub':
        return this.substitute(
          Array.isArray(argument) ? this.literal(argument[0]) : this.literal(argument),
          deployment,
        );
      default:
        throw new Error(`intrinsic function not known here: ${JSON.stringify(value)}`);
    }
  }

  private substitute(text: string, deployment: Deployment): string {
    return text.replace(/\$\{([^}]+)\}/g, (_, name: string) => {
      const [id = '', attribute] = name.split('.');
      return attribute === undefined
        ? this.reference(name, deployment)
        : this.attribute(id, attribute, deployment);
    });
  }

  private reference(id: string, deployment: Deployment): string {
    const pseudo = deployment.pseudo[id];
    if (pseudo !== undefined) return pseudo;
    const parameter = this.template.Parameters?.[id];
    if (parameter !== undefined) return this.literal(parameter.Default);
    return deployment.ref(id, this.typeOf(id));
  }

  private attribute(id: string, name: string, deployment: Deployment): string {
    return deployment.attribute(id, this.typeOf(id), name);
  }

  private typeOf(id: string): string {
    const resource = this.template.Resources[id];
    if (resource === undefined) throw new Error(`the template refers to ${id}, which it does not declare`);
    return resource.Type;
  }
}
