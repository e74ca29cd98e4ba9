from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("portal_imports", "0001_initial")]

    operations = [
        migrations.AddField("importjob", "queued_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("importjob", "attempt", models.PositiveIntegerField(default=0)),
    ]
