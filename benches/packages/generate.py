"""Writes the application that is measured, for Django: the tables and the history of `src/app.rs`."""

import os
import shutil

SHARED = 5
CREATING = 10
HISTORY = 30
NULL = "null=True"


def fields(number):
    parent = "self" if number == 0 else f"tapp.T{number - 1:03d}"
    key = "models.ForeignKey({!r}, models.CASCADE, null=True, db_index=False, related_name='+')"
    found = [
        ("id", "models.BigAutoField(primary_key=True)"),
        ("name", "models.TextField()"),
        ("qty", "models.IntegerField()"),
        ("price", "models.DecimalField(max_digits=12, decimal_places=2, null=True)"),
        ("created_at", f"models.DateTimeField({NULL})"),
        ("meta", f"models.JSONField({NULL})"),
        ("active", "models.BooleanField()"),
        ("due", f"models.DateField({NULL})"),
        ("ref", f"models.UUIDField({NULL})"),
        ("parent", key.format(parent)),
    ]
    if number % 5 == 0:
        found.append(("plan", key.format(f"sapp.S{number // 5 % SHARED}")))
    return found


def check(name, field):
    return f"models.CheckConstraint(condition=models.Q({field}__gte=0), name={name!r})"


class Table:
    def __init__(self, number):
        table = f"t{number:03d}"
        self.name, self.table = f"T{number:03d}", table
        self.fields = fields(number)
        self.indexes = [
            f"models.Index(fields=['parent'], name='{table}_i1')",
            f"models.Index(fields=['active', 'created_at'], name='{table}_i2')",
        ]
        self.constraints = [
            check(f"{table}_ck", "qty"),
            f"models.UniqueConstraint(fields=['name', 'due'], name='{table}_uq')",
        ]

    def model(self):
        lines = [f"class {self.name}(models.Model):"]
        lines += [f"    {name} = {source}" for name, source in self.fields]
        lines += [
            "    class Meta:",
            f"        db_table = {self.table!r}",
            f"        indexes = [{', '.join(self.indexes)}]",
            f"        constraints = [{', '.join(self.constraints)}]",
        ]
        return "\n".join(lines) + "\n\n\n"

    def creation(self):
        inside = ", ".join(f"({name!r}, {source})" for name, source in self.fields)
        options = f"{{'db_table': {self.table!r}, 'indexes': [{', '.join(self.indexes)}], 'constraints': [{', '.join(self.constraints)}]}}"
        return f"migrations.CreateModel({self.name!r}, fields=[{inside}], options={options})"


def history(count):
    tables, steps = [], []
    for step in range(CREATING):
        new = [Table(number) for number in range(step * count // CREATING, (step + 1) * count // CREATING)]
        tables += new
        steps.append((f"create_{step}", [table.creation() for table in new]))
    for step in range(HISTORY - CREATING):
        number = CREATING + 1 + step
        table = tables[step * 7 % count]
        kind = step % 5
        if kind == 0:
            field = (f"extra_{number}", "models.CharField(max_length=40, null=True)")
            table.fields.append(field)
            steps.append(("add_column", [f"migrations.AddField({table.name!r}, {field[0]!r}, {field[1]})"]))
        elif kind == 1:
            index = f"models.Index(fields=['due', 'qty'], name='{table.table}_x{number}')"
            table.indexes.append(index)
            steps.append(("add_index", [f"migrations.AddIndex({table.name!r}, {index})"]))
        elif kind == 2:
            wider = "models.DecimalField(max_digits=16, decimal_places=4, null=True)"
            table.fields = [(name, wider if name == "price" else source) for name, source in table.fields]
            steps.append(("alter_type", [f"migrations.AlterField({table.name!r}, 'price', {wider})"]))
        elif kind == 3:
            new = f"ref_{number}"
            table.fields = [(new if name == "ref" else name, source) for name, source in table.fields]
            steps.append(("rename", [f"migrations.RenameField({table.name!r}, 'ref', {new!r})"]))
        else:
            constraint = check(f"{table.table}_c{number}", "price")
            table.constraints.append(constraint)
            steps.append(("add_constraint", [f"migrations.AddConstraint({table.name!r}, {constraint})"]))
    return tables, steps


NEW_TABLE = """class TNew(models.Model):
    id = models.BigAutoField(primary_key=True)
    title = models.TextField()
    at = models.DateTimeField(null=True)
    owner = models.ForeignKey('tapp.T002', models.CASCADE, null=True, db_index=False, related_name='+')
    class Meta:
        db_table = 'tnew'
        indexes = [models.Index(fields=['owner', 'at'], name='tnew_i1')]
"""
NEW_TABLE_STEP = (
    "migrations.CreateModel('TNew', fields=[('id', models.BigAutoField(primary_key=True)), ('title', models.TextField()), "
    "('at', models.DateTimeField(null=True)), ('owner', models.ForeignKey('tapp.T002', models.CASCADE, null=True, "
    "db_index=False, related_name='+'))], options={'db_table': 'tnew', "
    "'indexes': [models.Index(fields=['owner', 'at'], name='tnew_i1')]})"
)


def app(folder, models, steps, after):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(os.path.join(folder, "migrations"))
    for name in ("__init__.py", "migrations/__init__.py"):
        open(os.path.join(folder, name), "w").close()
    with open(os.path.join(folder, "models.py"), "w") as file:
        file.write(models)
    for number, (name, operations) in enumerate(steps, 1):
        with open(os.path.join(folder, "migrations", f"{number:04d}_{name}.py"), "w") as file:
            inside = ",\n        ".join(operations)
            file.write(
                "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
                f"    dependencies = {after!r}\n    operations = [\n        {inside}\n    ]\n"
            )
        after = [(os.path.basename(folder), f"{number:04d}_{name}")]


def customers(folder, is_dt):
    if is_dt:
        tenant, domain = "TenantMixin", "DomainMixin"
        imports = "from django_tenants.models import DomainMixin, TenantMixin"
    else:
        tenant, domain = "TenantModel", "DomainModel"
        imports = "from django_pgschemas.models import TenantModel\nfrom django_pgschemas.routing.models import DomainModel"
    models = (
        f"from django.db import models\n{imports}\n\n\n"
        f"class Client({tenant}):\n    name = models.CharField(max_length=100)\n\n\n"
        f"class Domain({domain}):\n    pass\n"
    )
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(os.path.join(folder, "migrations"))
    for name in ("__init__.py", "migrations/__init__.py"):
        open(os.path.join(folder, name), "w").close()
    with open(os.path.join(folder, "models.py"), "w") as file:
        file.write(models)


def write(root, count, upto, is_dt):
    """Writes the project's apps into a folder: the history up to a step, and the models at that step."""
    tables, steps = history(count)
    models = "from django.db import models\n\n\n"
    if upto > HISTORY:
        tables[1].fields.append(("note31", "models.TextField(null=True)"))
        steps.append(("add_note", ["migrations.AddField('T001', 'note31', models.TextField(null=True))"]))
    models += "".join(table.model() for table in tables)
    if upto > HISTORY + 1:
        models += NEW_TABLE
        steps.append(("new_table", [NEW_TABLE_STEP]))
    app(os.path.join(root, "tapp"), models, steps, [("sapp", "0001_shared")])
    inside = [
        ("id", "models.BigAutoField(primary_key=True)"),
        ("code", "models.TextField()"),
        ("amount", "models.DecimalField(max_digits=12, decimal_places=2, null=True)"),
        ("at", "models.DateTimeField(null=True)"),
        ("data", "models.JSONField(null=True)"),
    ]
    shared = "from django.db import models\n\n\n"
    operations = []
    for number in range(SHARED):
        lines = [f"class S{number}(models.Model):"] + [f"    {name} = {source}" for name, source in inside]
        shared += "\n".join(lines) + f"\n    class Meta:\n        db_table = 's{number}'\n\n\n"
        listed = ", ".join(f"({name!r}, {source})" for name, source in inside)
        operations.append(f"migrations.CreateModel('S{number}', fields=[{listed}], options={{'db_table': 's{number}'}})")
    app(os.path.join(root, "sapp"), shared, [("shared", operations)], [])
    customers(os.path.join(root, "customers"), is_dt)
